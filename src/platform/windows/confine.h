// confine.h - what psc_platform_confine() has of this Windows.
#ifndef PSC_PLATFORM_WINDOWS_CONFINE_H
#define PSC_PLATFORM_WINDOWS_CONFINE_H

/** Bytes for a description with its NUL. */
#define CONFINE_DESCRIPTION_SIZE 112

/** Lists the restrictions in force: `no remote DLLs, …, no extension points`, or `none`. */
void confine_describe(char text[CONFINE_DESCRIPTION_SIZE]);

#endif
