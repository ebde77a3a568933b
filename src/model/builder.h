// builder.h - the write side of a snapshot, for platforms and tests.
//
// The order is always the same:
//   add endpoints   psc_builder_add() judges each by the filter; psc_builder_seal() sorts them
//   link owners     psc_builder_link(), then psc_builder_end_links()
//   name processes  psc_builder_process() and the setters
//   select          psc_builder_select() drops rows whose owners the filter does not want
//   finish          the rest becomes a snapshot
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

/** Adds a row if the filter wants it; @p endpoint is copied. Only before psc_builder_seal(). */
PSC_NODISCARD enum psc_status psc_builder_add(struct psc_builder *builder,
                                              const struct psc_endpoint *endpoint);
/** How many rows there are now; before the seal also a mark for psc_builder_rewind(). */
size_t psc_builder_count(const struct psc_builder *builder);
/** Forgets the rows added since the mark, because the dump they came from is to be repeated. */
void psc_builder_rewind(struct psc_builder *builder, size_t mark);
/** Sorts the rows and drops those seen twice. Row numbers hold from here to psc_builder_select(). */
PSC_NODISCARD enum psc_status psc_builder_seal(struct psc_builder *builder);
const struct psc_endpoint *psc_builder_endpoint(const struct psc_builder *builder, size_t index);

/** Says that a process holds an endpoint; saying it again changes nothing. */
PSC_NODISCARD enum psc_status psc_builder_link(struct psc_builder *builder, size_t endpoint,
                                               uint32_t pid);
/**
 * Ends the linking. Rows with an owner, and those that were added with PSC_KNOWN_OWNERS, are
 * explained; if others are left in the end, or were dropped because a filter asks for owners, a notice
 * says how many.
 * @param kind of that notice; static storage
 * @param why what these owners are, to follow `owners of 3 sockets are `; static storage
 */
PSC_NODISCARD enum psc_status psc_builder_end_links(struct psc_builder *builder, const char *kind,
                                                    const char *why);
/** Says that this user may examine every process: psc_snapshot_is_privileged(). */
void psc_builder_set_privileged(struct psc_builder *builder);

/** How many processes were linked. Some may own no row any more: their psc_process is NULL. */
size_t psc_builder_process_count(const struct psc_builder *builder);
struct psc_process *psc_builder_process(struct psc_builder *builder, size_t index);
/**
 * Copies bytes into the snapshot and puts a NUL behind them.
 * @return NULL when out of memory
 */
const char *psc_builder_text(struct psc_builder *builder, const char *bytes, size_t size);

/** Names for numbers. The string is copied; NULL stands for "has none", so that nobody asks again. */
PSC_NODISCARD enum psc_status psc_builder_name_interface(struct psc_builder *builder, uint32_t zone,
                                                         const char *name);
PSC_NODISCARD enum psc_status psc_builder_name_user(struct psc_builder *builder, uint32_t uid,
                                                    const char *name);
PSC_NODISCARD enum psc_status psc_builder_name_remote(struct psc_builder *builder, size_t endpoint,
                                                      const char *name);
/** Whether a number was named; @p name, if not NULL, then gets what it was. */
bool psc_builder_interface_named(const struct psc_builder *builder, uint32_t zone);
bool psc_builder_user_named(const struct psc_builder *builder, uint32_t uid, const char **name);

/** Adds a notice; @p kind is static storage. The same kind is noted once. */
PSC_PRINTF(4, 5)
PSC_NODISCARD enum psc_status psc_builder_notice(struct psc_builder *builder, const char *kind,
                                                 size_t count, const char *format, ...);

/** Drops the rows that the filter's PIDs, processes and users do not want. */
void psc_builder_select(struct psc_builder *builder);

/**
 * Turns the builder into a snapshot and frees it, whatever the result.
 * @param host name of this machine; copied
 * @param time milliseconds since 1970-01-01 UTC
 * @param snapshot out: owned by the caller; NULL on failure
 */
PSC_NODISCARD enum psc_status psc_builder_finish(struct psc_builder *builder, const char *host,
                                                 int64_t time, struct psc_snapshot **snapshot);

#endif
