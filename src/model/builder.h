// builder.h - the write side of a snapshot, for platforms and tests.
//
// The order is always the same:
//   add rows        psc_builder_add() passes each through the filter; psc_builder_seal() sorts them
//   link owners     psc_builder_link(), then psc_builder_end_links()
//   name processes  psc_builder_process() and the setters
//   select          psc_builder_select() drops rows whose owners the filter does not accept
//   finish          the rest becomes a snapshot
//
// Only memory can run out. The builder remembers that: whatever is added later may be missing, and
// psc_builder_finish() fails.
#ifndef PSC_MODEL_BUILDER_H
#define PSC_MODEL_BUILDER_H

#include "model/filter.h"
#include "model/snapshot.h"

struct psc_builder;

/**
 * @param filter what to keep; borrowed until psc_builder_finish() or psc_builder_free()
 * @return NULL when out of memory
 */
struct psc_builder *psc_builder_new(const struct psc_filter *filter);
void psc_builder_free(struct psc_builder *builder);

/** Adds a row if the filter accepts it; @p endpoint is copied. Only before psc_builder_seal(). */
void psc_builder_add(struct psc_builder *builder, const struct psc_endpoint *endpoint);
/** Says which interface a row is bound to. Only before psc_builder_seal(). */
void psc_builder_set_interface(struct psc_builder *builder, size_t row, uint32_t ifindex);
/** How many rows there are; before the seal also a mark for psc_builder_rewind(). */
size_t psc_builder_count(const struct psc_builder *builder);
/** Drops the rows added since the mark, because the dump they came from is repeated. */
void psc_builder_rewind(struct psc_builder *builder, size_t mark);
/** Sorts the rows and drops duplicates. From here to psc_builder_select() rows keep their index. */
void psc_builder_seal(struct psc_builder *builder);
const struct psc_endpoint *psc_builder_endpoint(const struct psc_builder *builder, size_t row);

/** Says that a process holds a row; saying it again changes nothing. */
void psc_builder_link(struct psc_builder *builder, size_t row, uint32_t pid);
/**
 * Ends the linking. Rows with a link, and those that were added with PSC_KNOWN_OWNERS, have known
 * owners. If there are others, also among those dropped by a filter for owners, a notice counts them.
 * @param kind of that notice; static storage
 * @param reason ends its sentence, `3 sockets have no visible owner`; not copied
 */
void psc_builder_end_links(struct psc_builder *builder, const char *kind, const char *reason);
/** Whether a row has no known owner, though this user may examine every process. */
bool psc_builder_has_unowned(const struct psc_builder *builder);
/**
 * Drops rows without known owners that a later look does not find: they were closed during the search,
 * which is no reason to call them unowned.
 * @param later rows of the same filter, sealed
 */
void psc_builder_drop_closed(struct psc_builder *builder, const struct psc_builder *later);
/** Says that this user may examine every process: psc_snapshot_is_privileged(). */
void psc_builder_set_privileged(struct psc_builder *builder);

/** How many processes were linked; 0 when out of memory. */
size_t psc_builder_process_count(const struct psc_builder *builder);
/** A process, or NULL if it owns no row any more. */
struct psc_process *psc_builder_process(struct psc_builder *builder, size_t index);
/** Copies bytes into the snapshot, followed by a NUL. @return NULL when out of memory */
const char *psc_builder_text(struct psc_builder *builder, const char *bytes, size_t size);

/** Names for numbers, copied. NULL says that there is none, so that it is not looked up again. */
void psc_builder_name_interface(struct psc_builder *builder, uint32_t ifindex, const char *name);
void psc_builder_name_user(struct psc_builder *builder, uint32_t uid, const char *name);
/** @param name not NULL */
void psc_builder_name_remote(struct psc_builder *builder, size_t row, const char *name);
/** Whether a number was named. */
bool psc_builder_interface_named(const struct psc_builder *builder, uint32_t ifindex);
/** @param name out, unless NULL: its name, or NULL */
bool psc_builder_user_named(const struct psc_builder *builder, uint32_t uid, const char **name);

/** Adds a notice, unless there is one of this kind; @p kind is static storage. */
PSC_PRINTF(4, 5)
void psc_builder_notice(struct psc_builder *builder, const char *kind, size_t count,
                        const char *format, ...);

/** Drops the rows that the filter's processes and users do not accept. */
void psc_builder_select(struct psc_builder *builder);

/**
 * Turns the builder into a snapshot and frees it, whatever the result.
 * @param host name of this machine; copied
 * @param time milliseconds since 1970-01-01 UTC
 * @param snapshot out: owned by the caller; NULL on failure
 * @return PSC_NO_MEMORY if memory ran out at any time
 */
PSC_NODISCARD enum psc_status psc_builder_finish(struct psc_builder *builder, const char *host,
                                                 int64_t time, struct psc_snapshot **snapshot);

#endif
