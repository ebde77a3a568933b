// confine.h - what psc_platform_confine() can use of this kernel.
#ifndef PSC_PLATFORM_LINUX_CONFINE_H
#define PSC_PLATFORM_LINUX_CONFINE_H

/** `capabilities, seccomp, Landlock` or less. Static storage. */
const char *confine_describe(void);

#endif
