// windows_fake.h - replaces functions of Windows' libraries in one test program.
#ifndef SUPPORT_WINDOWS_FAKE_H
#define SUPPORT_WINDOWS_FAKE_H

/**
 * Declares fake_NAME(), which the program calls in place of NAME(). For the linker to do that, the test
 * also names `__imp_NAME` in psc_wrap().
 */
#define WINDOWS_FAKE(name)                                                                         \
    static __typeof__(name) fake_##name;                                                           \
    extern __typeof__(name) *const __real___imp_##name;                                            \
    extern __typeof__(name) *const __wrap___imp_##name;                                            \
    __typeof__(name) *const __wrap___imp_##name = fake_##name

/** The function of Windows. */
#define WINDOWS_REAL(name) __real___imp_##name

#endif
