// fake_platform.h - a platform whose machine is always the same; see the table in fake_platform.c.
#ifndef TESTS_FAKE_PLATFORM_H
#define TESTS_FAKE_PLATFORM_H

#include <stdbool.h>

#include "portscope/base.h"

/** What a test can make of the machine. All zero is the usual one. */
struct fake_platform {
    enum psc_status
        collect_fails; /**< what psc_platform_collect() returns at once, unless PSC_OK */
    enum psc_status
        resolve_fails;      /**< what psc_platform_resolve() returns at once, unless PSC_OK */
    bool empty;             /**< nothing is on its ports */
    bool colour;            /**< every stream is a terminal with colours */
    bool crlf;              /**< lines end as on Windows */
    unsigned sleeps, slept; /**< out: how often it slept, and how many seconds together */
};

/** The machine of this test program, to be looked at and changed. */
struct fake_platform *fake_platform(void);

#endif
