// A small driver of DPDK's rte_acl, the peer of secgroup's compiled lookups.
//
// It builds one table from a ClassBench filter set (or one table for each set
// of a fleet), classifies a binary trace with every method that the processor
// offers, and prints one JSON line per method. README.md beside this file
// describes the formats and the fields of a line.
//
// It is not a tool: it judges one set in one process, so that a build that
// fails, runs for too long or eats the memory ends nothing but itself.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_version.h>

// Protocol, two addresses of up to four words, two ports.
#define MOST_FIELDS (3 + 2 * 4)

// More than any table takes: rte_acl then splits the rules into as few tries
// as it can. With 0 it splits them early, which gives smaller tables.
#define HUGE_MAX_SIZE ((size_t)1 << 40)

// As many packets as are sorted by set before they are classified.
#define WINDOW 65536

#define HUGE_PAGE ((size_t)2 << 20)
#define NO_RULE UINT32_MAX

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum way { WHOLE, PER_PACKET, BINNED };
static const char *const WAY_NAMES[] = {"whole", "per_packet", "binned"};

static const struct method {
    const char *name;
    enum rte_acl_classify_alg alg;
} METHODS[] = {
    {"scalar", RTE_ACL_CLASSIFY_SCALAR},
    {"sse", RTE_ACL_CLASSIFY_SSE},
    {"avx2", RTE_ACL_CLASSIFY_AVX2},
    {"avx512x16", RTE_ACL_CLASSIFY_AVX512X16},
    {"avx512x32", RTE_ACL_CLASSIFY_AVX512X32},
};
#define METHOD_COUNT (sizeof METHODS / sizeof METHODS[0])

// What the command line says.
static struct {
    const char *rules; // A filter set, or for a fleet a directory of them.
    const char *trace;
    const char *ranks; // Where to write the answers, or NULL.
    size_t words;      // 32-bit words in an address: 1 or 4.
    uint32_t sets;     // Filter sets of the fleet; 0 means no fleet.
    size_t max_size;
    bool huge_pages;
    unsigned rounds;
    unsigned burst;
    unsigned memory_mb;       // For the tables.
    unsigned build_memory_mb; // For what building needs besides.
    unsigned build_timeout;   // In seconds; 0 means none.
} options = {
    .words = 1,
    .huge_pages = true,
    .rounds = 5,
    .burst = 256,
    .memory_mb = 3000,
    .build_memory_mb = 10000,
};

// The rules of one filter set, one after the other as rte_acl wants them.
struct rules {
    uint32_t count;
    uint8_t *bytes;
};

// Headers as rte_acl reads them: keys in network order, and a pointer to each.
struct trace {
    size_t count;
    const uint8_t **pointers;
    uint32_t *sets; // Of a fleet, the set that judges each header.
};

// What building took.
struct cost {
    double seconds;     // rte_acl_add_rules and rte_acl_build.
    double cpu_seconds; // The same without the time that others had the core.
    size_t table_bytes; // What rte_acl_build keeps.
    size_t rule_bytes;  // The context and its copy of the rules.
    size_t peak_bytes;  // By how much the process grew at most.
};

static void usage(void);
static void parse_options(int argc, char **argv);
static void start_eal(const char *program);
static void choose_pages(void);
static struct rte_acl_ctx **build_tables(uint32_t *rule_count, struct cost *cost);
static struct trace read_trace(void);
static void measure(struct rte_acl_ctx **tables, const struct trace *trace, uint32_t rules,
                    const struct cost *cost);

int main(int argc, char **argv) {
    parse_options(argc, argv);
    start_eal(argv[0]);
    choose_pages();
    struct cost cost = {0};
    uint32_t rules = 0;
    struct rte_acl_ctx **tables = build_tables(&rules, &cost);
    struct trace trace = read_trace();
    measure(tables, &trace, rules, &cost);
    return 0;
}

// ---- Failing, in JSON --------------------------------------------------

// Prints the fields that every line begins with.
static void begin_line(void) {
    printf("{\"peer\":\"rte_acl\",\"family\":%d,\"max_size\":%zu,\"pages\":\"%s\"",
           options.words == 1 ? 4 : 6, options.max_size, options.huge_pages ? "huge" : "small");
}

static void print_json_string(const char *text) {
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", *text);
        else
            putchar(*text);
    }
    putchar('"');
}

// Says why there is no result, where the results would be, and ends.
__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    begin_line();
    printf(",\"failed\":");
    print_json_string(reason);
    puts("}");
    fflush(stdout);
    _exit(EXIT_FAILED);
}

// rte_acl_build cannot be asked to stop, so the alarm ends the process. The
// line is made beforehand: a signal handler may not print.
static char timeout_line[256];
static size_t timeout_len;

static void on_timeout(int signal) {
    (void)signal;
    ssize_t written = write(STDOUT_FILENO, timeout_line, timeout_len);
    (void)written;
    _exit(EXIT_FAILED);
}

static void start_timeout(void) {
    timeout_len = (size_t)snprintf(
        timeout_line, sizeof timeout_line,
        "{\"peer\":\"rte_acl\",\"family\":%d,\"max_size\":%zu,\"pages\":\"%s\","
        "\"failed\":\"the build took longer than %u s\"}\n",
        options.words == 1 ? 4 : 6, options.max_size, options.huge_pages ? "huge" : "small",
        options.build_timeout);
    signal(SIGALRM, on_timeout);
    alarm(options.build_timeout);
}

// ---- The command line --------------------------------------------------

static void usage(void) {
    fputs("usage: rte_acl --rules FILE --trace FILE [options]\n"
          "       rte_acl --rules DIRECTORY --sets K --trace FILE [options]\n"
          "       rte_acl --version\n"
          "  --ipv6               IPv6 filter set, 40-byte records\n"
          "  --sets K             a fleet: DIRECTORY/0.rules to K-1.rules, 20-byte records\n"
          "  --max-size N|huge    limit of the table in bytes, 0 for rte_acl's own (default 0)\n"
          "  --pages huge|small   what the tables lie in (default huge)\n"
          "  --rounds N           timed passes over the trace (default 5)\n"
          "  --burst N            headers in one call (default 256)\n"
          "  --memory MB          all that tables may take (default 3000)\n"
          "  --build-memory MB    all that building may take besides (default 10000)\n"
          "  --build-timeout S    give up building after S seconds (default 0: never)\n"
          "  --ranks OUT          write the index of the deciding rule of each header\n",
          stderr);
    exit(EXIT_USAGE);
}

static unsigned long parse_number(const char *text, unsigned long least, unsigned long most) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < least || number > most) {
        fprintf(stderr, "rte_acl: `%s` is not a number between %lu and %lu\n", text, least, most);
        exit(EXIT_USAGE);
    }
    return number;
}

static bool parse_pages(const char *text) {
    if (strcmp(text, "huge") != 0 && strcmp(text, "small") != 0)
        usage();
    return strcmp(text, "huge") == 0;
}

static void parse_options(int argc, char **argv) {
    static const struct option NAMES[] = {
        {"rules", required_argument, NULL, 'r'},    {"trace", required_argument, NULL, 't'},
        {"ranks", required_argument, NULL, 'o'},    {"sets", required_argument, NULL, 'k'},
        {"max-size", required_argument, NULL, 'm'}, {"pages", required_argument, NULL, 'p'},
        {"rounds", required_argument, NULL, 'n'},   {"burst", required_argument, NULL, 'b'},
        {"memory", required_argument, NULL, 'M'},   {"build-timeout", required_argument, NULL, 'T'},
        {"build-memory", required_argument, NULL, 'B'}, {"ipv6", no_argument, NULL, '6'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", NAMES, NULL)) != -1) {
        switch (option) {
        case 'r': options.rules = optarg; break;
        case 't': options.trace = optarg; break;
        case 'o': options.ranks = optarg; break;
        case 'k': options.sets = (uint32_t)parse_number(optarg, 1, 1000000); break;
        case 'm':
            options.max_size = strcmp(optarg, "huge") == 0 ? HUGE_MAX_SIZE
                                                           : parse_number(optarg, 0, SIZE_MAX);
            break;
        case 'p': options.huge_pages = parse_pages(optarg); break;
        case 'n': options.rounds = (unsigned)parse_number(optarg, 1, 1000); break;
        case 'b': options.burst = (unsigned)parse_number(optarg, 1, 1 << 20); break;
        case 'M': options.memory_mb = (unsigned)parse_number(optarg, 64, 1 << 20); break;
        case 'B': options.build_memory_mb = (unsigned)parse_number(optarg, 64, 1 << 20); break;
        case 'T': options.build_timeout = (unsigned)parse_number(optarg, 0, 86400); break;
        case '6': options.words = 4; break;
        case 'v': puts(rte_version()); exit(0);
        default: usage();
        }
    }
    if (optind != argc || options.rules == NULL || options.trace == NULL)
        usage();
}

// ---- DPDK's environment ------------------------------------------------

// A real-time thread pinned to one core starves the environment's own threads,
// and starting it then never ends.
static void refuse_real_time(void) {
    int policy = sched_getscheduler(0);
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        fail("rte_acl is not started under a real-time priority");
}

static void start_eal(const char *program) {
    refuse_real_time();
    char core[16], memory[16], prefix[48];
    snprintf(core, sizeof core, "%d", sched_getcpu());
    snprintf(memory, sizeof memory, "%u", options.memory_mb);
    snprintf(prefix, sizeof prefix, "--file-prefix=secgroup-peer-%d", (int)getpid());
    const char *arguments[] = {
        program, "--no-huge", "--no-pci", "-m", memory, "-l", core, "--log-level=error",
        // Two drivers may run at once and none leaves files behind.
        "--no-shconf", "--no-telemetry", prefix,
#if RTE_VERSION >= RTE_VERSION_NUM(20, 11, 0, 0)
        // Otherwise the AVX-512 methods are refused. Older releases have neither
        // the option nor the methods.
        "--force-max-simd-bitwidth=512",
#endif
    };
    int count = sizeof arguments / sizeof arguments[0];
    if (rte_eal_init(count, (char **)arguments) < 0)
        fail("DPDK's environment does not start: %s", rte_strerror(rte_errno));
}

// Returns zeroed memory for large arrays, in huge pages where they exist.
static void *map_memory(size_t bytes) {
    size_t len = (bytes + 2 * HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    uint8_t *start = mmap(NULL, len, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        fail("no memory for %zu bytes", bytes);
    start = (uint8_t *)(((uintptr_t)start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    madvise(start, bytes, MADV_HUGEPAGE);
    return start;
}

// DPDK finds this one before the one of the C library. With --no-huge it would
// lay its memory into a memfd, which gets small pages only; without memfds it
// takes anonymous memory, for which the kernel can be asked for huge ones.
int memfd_create(const char *name, unsigned int flags) {
    (void)name, (void)flags;
    errno = ENOSYS;
    return -1;
}

static int advise_pages(const struct rte_memseg_list *list, void *advice) {
    madvise(list->base_va, list->len, *(int *)advice);
    return 0;
}

// In service the tables lie in huge pages, so that is the default. The kernel
// does what it can: too few free ones are no error.
static void choose_pages(void) {
    int advice = options.huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
    rte_memseg_list_walk(advise_pages, &advice);
}

// ---- Reading -----------------------------------------------------------

static uint8_t *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail("`%s`: %s", path, strerror(errno));
    *len = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*len + 1);
    if (bytes == NULL || fread(bytes, 1, *len, file) != *len)
        fail("`%s` cannot be read", path);
    fclose(file);
    bytes[*len] = '\0'; // So that a filter set is one string.
    return bytes;
}

static size_t field_count(void) { return 3 + 2 * options.words; }

static size_t rule_size(void) { return RTE_ACL_RULE_SZ(field_count()); }

// Fills the fields of one address, a word each, host bits cleared.
static bool set_address(struct rte_acl_field *field, const char *text, unsigned len) {
    uint32_t address[4];
    if (len > 32 * options.words ||
        inet_pton(options.words == 1 ? AF_INET : AF_INET6, text, address) != 1)
        return false;
    for (size_t i = 0; i < options.words; i++) {
        unsigned start = (unsigned)i * 32;
        unsigned bits = len < start ? 0 : len - start > 32 ? 32 : len - start;
        field[i].value.u32 = ntohl(address[i]) & RTE_ACL_MASKLEN_TO_BITMASK(bits, 4);
        field[i].mask_range.u32 = bits;
    }
    return true;
}

// Reads `@src/len dst/len lo : hi lo : hi protocol/mask`; what follows are TCP
// flags, which no header of the trace has.
static bool parse_rule(const char *line, struct rte_acl_rule *rule) {
    char src[64], dst[64];
    unsigned src_len, dst_len, low[2], high[2], protocol, mask;
    if (sscanf(line, "@%63[^/]/%u %63[^/]/%u %u : %u %u : %u %i/%i", src, &src_len, dst, &dst_len,
               &low[0], &high[0], &low[1], &high[1], (int *)&protocol, (int *)&mask) != 10)
        return false;
    if (protocol > UINT8_MAX || mask > UINT8_MAX)
        return false;
    rule->field[0].value.u8 = (uint8_t)(protocol & mask);
    rule->field[0].mask_range.u8 = (uint8_t)mask;
    if (!set_address(&rule->field[1], src, src_len) ||
        !set_address(&rule->field[1 + options.words], dst, dst_len))
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (low[i] > high[i] || high[i] > UINT16_MAX)
            return false;
        struct rte_acl_field *field = &rule->field[1 + 2 * options.words + i];
        field->value.u16 = (uint16_t)low[i];
        field->mask_range.u16 = (uint16_t)high[i];
    }
    return true;
}

static struct rules read_rules(const char *path) {
    size_t len, lines = 1;
    char *text = (char *)read_file(path, &len);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    struct rules rules = {0, calloc(lines, rule_size())};
    if (rules.bytes == NULL)
        fail("no memory for %zu rules", lines);
    char *rest = text, *line;
    for (size_t number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        if (rules.count == RTE_ACL_MAX_INDEX)
            fail("`%s` has more than %d rules, the most that rte_acl numbers", path,
                 RTE_ACL_MAX_INDEX);
        struct rte_acl_rule *rule = (void *)(rules.bytes + rules.count * rule_size());
        if (!parse_rule(line, rule))
            fail("`%s`, line %zu: not a ClassBench filter", path, number);
        rule->data.category_mask = 1;
        // The largest priority decides, so the first line gets it.
        rule->data.priority = (int32_t)(RTE_ACL_MAX_PRIORITY - rules.count);
        rules.count++;
        // 0 would mean that nothing matched.
        rule->data.userdata = rules.count;
    }
    free(text);
    return rules;
}

// Turns one little-endian record into a key: protocol, three zero bytes, the
// addresses, the ports, all but the first in network order.
static void make_key(uint8_t *key, const uint8_t *record) {
    size_t addresses = 8 * options.words;
    key[0] = record[addresses + 4];
    if (options.words == 1) {
        for (size_t i = 0; i < 8; i++)
            key[4 + i] = record[i ^ 3];
    } else {
        memcpy(key + 4, record, addresses);
    }
    for (size_t i = 0; i < 4; i++)
        key[4 + addresses + i] = record[addresses + (i ^ 1)];
}

static struct trace read_trace(void) {
    size_t len, key_size = 8 + 8 * options.words;
    size_t record_size = key_size + (options.sets > 0 ? 4 : 0);
    uint8_t *bytes = read_file(options.trace, &len);
    if (len == 0 || len % record_size != 0)
        fail("`%s` is not a trace of %zu-byte records", options.trace, record_size);
    struct trace trace = {.count = len / record_size};
    uint8_t *keys = map_memory(trace.count * key_size);
    trace.pointers = map_memory(trace.count * sizeof *trace.pointers);
    trace.sets = map_memory(trace.count * sizeof *trace.sets);
    for (size_t i = 0; i < trace.count; i++) {
        const uint8_t *record = bytes + i * record_size;
        make_key(keys + i * key_size, record);
        trace.pointers[i] = keys + i * key_size;
        if (options.sets > 0) {
            memcpy(&trace.sets[i], record + key_size, 4);
            if (trace.sets[i] >= options.sets)
                fail("`%s`, record %zu: set %u of %u", options.trace, i, trace.sets[i],
                     options.sets);
        }
    }
    free(bytes);
    return trace;
}

// ---- Building ----------------------------------------------------------

static double seconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double now(void) { return seconds_of(CLOCK_MONOTONIC); }

static size_t heap_bytes(void) {
    struct rte_malloc_socket_stats stats;
    if (rte_malloc_get_socket_stats((int)rte_socket_id(), &stats) != 0)
        fail("the heap does not tell its size");
    return stats.heap_allocsz_bytes;
}

// Returns one size out of what the kernel says about this process, in bytes.
static size_t status_bytes(const char *name) {
    size_t kib = 0, len = strlen(name);
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            kib = strtoul(line + len + 1, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib * 1024;
}

// Returns the most memory that this process ever had. Not by getrusage: that
// counts the parent before exec too.
static size_t peak_bytes(void) { return status_bytes("VmHWM"); }

// Some sets would take all memory of any machine while they are built. With a
// limit, rte_acl gives up by itself, and no other process suffers.
static void limit_memory(void) {
    rlim_t limit = status_bytes("VmData") + ((rlim_t)options.build_memory_mb << 20);
    setrlimit(RLIMIT_DATA, &(struct rlimit){limit, RLIM_INFINITY});
}

// The usual layout: the first field is one byte, every further group of fields
// four; the two ports share a group.
static struct rte_acl_config make_config(void) {
    struct rte_acl_config config = {
        .num_categories = 1,
        .num_fields = (uint32_t)field_count(),
        .max_size = options.max_size,
    };
    uint8_t words = (uint8_t)(2 * options.words);
    config.defs[0] = (struct rte_acl_field_def){RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, 0};
    for (uint8_t i = 1; i <= words; i++)
        config.defs[i] = (struct rte_acl_field_def){RTE_ACL_FIELD_TYPE_MASK, 4, i, i, 4u * i};
    for (uint8_t i = 0; i < 2; i++)
        config.defs[words + 1 + i] = (struct rte_acl_field_def){
            RTE_ACL_FIELD_TYPE_RANGE, 2, (uint8_t)(words + 1 + i), (uint8_t)(words + 1),
            4u * (words + 1) + 2u * i,
        };
    return config;
}

// Builds the table of one filter set and adds what that took to `cost`.
static struct rte_acl_ctx *build_table(uint32_t number, const struct rules *rules,
                                       struct cost *cost) {
    char name[RTE_ACL_NAMESIZE];
    snprintf(name, sizeof name, "set%u", number);
    struct rte_acl_param param = {name, (int)rte_socket_id(), (uint32_t)rule_size(), rules->count};
    struct rte_acl_config config = make_config();
    if (rules->count == 0)
        fail("set %u has no rules", number);

    size_t empty = heap_bytes();
    struct rte_acl_ctx *table = rte_acl_create(&param);
    if (table == NULL)
        fail("rte_acl_create for %u rules: %s", rules->count, rte_strerror(rte_errno));
    size_t created = heap_bytes();
    double start = now(), cpu_start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    int error = rte_acl_add_rules(table, (struct rte_acl_rule *)rules->bytes, rules->count);
    if (error != 0)
        fail("rte_acl_add_rules: %s", strerror(-error));
    error = rte_acl_build(table, &config);
    if (error != 0)
        fail("rte_acl_build: %s, with %u MB to build and %u MB for tables", strerror(-error),
             options.build_memory_mb, options.memory_mb);
    cost->seconds += now() - start;
    cost->cpu_seconds += seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
    cost->rule_bytes += created - empty;
    cost->table_bytes += heap_bytes() - created;
    return table;
}

static struct rte_acl_ctx **build_tables(uint32_t *rule_count, struct cost *cost) {
    uint32_t count = options.sets > 0 ? options.sets : 1;
    struct rte_acl_ctx **tables = calloc(count, sizeof *tables);
    struct rules *sets = calloc(count, sizeof *sets);
    for (uint32_t i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, options.sets > 0 ? "%s/%u.rules" : "%s", options.rules, i);
        sets[i] = read_rules(path);
        *rule_count += sets[i].count;
    }
    size_t before = peak_bytes();
    limit_memory();
    start_timeout();
    for (uint32_t i = 0; i < count; i++)
        tables[i] = build_table(i, &sets[i], cost);
    alarm(0);
    setrlimit(RLIMIT_DATA, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    cost->peak_bytes = peak_bytes() - before;
    for (uint32_t i = 0; i < count; i++)
        free(sets[i].bytes);
    free(sets);
    return tables;
}

// ---- Classifying -------------------------------------------------------

// Memory for one window of a fleet, so that sorting allocates nothing.
static const uint8_t *bin_pointers[WINDOW];
static uint32_t bin_results[WINDOW];
static uint32_t bin_origins[WINDOW];
static uint32_t *bin_ends;

static void classify_whole(struct rte_acl_ctx *table, const struct trace *trace,
                           uint32_t *results) {
    for (size_t i = 0; i < trace->count; i += options.burst) {
        size_t rest = trace->count - i;
        uint32_t count = rest < options.burst ? (uint32_t)rest : options.burst;
        rte_acl_classify(table, trace->pointers + i, results + i, count, 1);
    }
}

static void classify_per_packet(struct rte_acl_ctx **tables, const struct trace *trace,
                                uint32_t *results) {
    for (size_t i = 0; i < trace->count; i++)
        rte_acl_classify(tables[trace->sets[i]], trace->pointers + i, results + i, 1, 1);
}

// Sorts the headers of one window by set, keeping where each came from.
static void fill_bins(const struct trace *trace, size_t base, uint32_t count) {
    const uint32_t *sets = trace->sets + base;
    memset(bin_ends, 0, options.sets * sizeof *bin_ends);
    for (uint32_t i = 0; i < count; i++)
        bin_ends[sets[i]]++;
    uint32_t start = 0;
    for (uint32_t set = 0; set < options.sets; set++) {
        uint32_t size = bin_ends[set];
        bin_ends[set] = start;
        start += size;
    }
    // Filling moves each start to the end of its bin.
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = bin_ends[sets[i]]++;
        bin_pointers[slot] = trace->pointers[base + i];
        bin_origins[slot] = i;
    }
}

static void classify_binned(struct rte_acl_ctx **tables, const struct trace *trace,
                            uint32_t *results) {
    for (size_t base = 0; base < trace->count; base += WINDOW) {
        size_t rest = trace->count - base;
        uint32_t count = rest < WINDOW ? (uint32_t)rest : WINDOW;
        fill_bins(trace, base, count);
        uint32_t start = 0;
        for (uint32_t set = 0; set < options.sets; set++) {
            uint32_t size = bin_ends[set] - start;
            if (size > 0)
                rte_acl_classify(tables[set], bin_pointers + start, bin_results + start, size, 1);
            start = bin_ends[set];
        }
        for (uint32_t slot = 0; slot < count; slot++)
            results[base + bin_origins[slot]] = bin_results[slot];
    }
}

// One pass over the trace.
struct round {
    double mpps;      // Millions of headers a second, by the clock on the wall.
    double cpu_share; // How much of that time other processes left to this one.
};

static struct round classify(enum way way, struct rte_acl_ctx **tables, const struct trace *trace,
                             uint32_t *results) {
    double start = now(), cpu_start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    switch (way) {
    case WHOLE: classify_whole(tables[0], trace, results); break;
    case PER_PACKET: classify_per_packet(tables, trace, results); break;
    case BINNED: classify_binned(tables, trace, results); break;
    }
    double cpu_seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
    double seconds = now() - start;
    return (struct round){(double)trace->count / seconds * 1e-6, cpu_seconds / seconds};
}

// Tells whether the processor has the method, and sets it for every table.
static bool choose_method(struct rte_acl_ctx **tables, const struct method *method) {
    for (uint32_t i = 0; i < (options.sets > 0 ? options.sets : 1); i++)
        if (rte_acl_set_ctx_classify(tables[i], method->alg) != 0)
            return false;
    return true;
}

// ---- Reporting ---------------------------------------------------------

// The CRC-32 of zlib, so that Python checks it with one call.
static uint32_t crc32_of(const uint8_t *bytes, size_t len) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void write_ranks(const uint32_t *ranks, size_t count) {
    FILE *file = fopen(options.ranks, "wb");
    if (file == NULL || fwrite(ranks, sizeof *ranks, count, file) != count || fclose(file) != 0)
        fail("`%s` cannot be written", options.ranks);
}

static void print_line(enum way way, const struct method *method, const struct trace *trace,
                       uint32_t rules, const struct cost *cost, const struct round *rounds,
                       uint32_t crc) {
    begin_line();
    if (options.sets > 0)
        printf(",\"sets\":%u", options.sets);
    printf(",\"way\":\"%s\",\"method\":\"%s\",\"burst\":%u,\"rules\":%u,\"headers\":%zu",
           WAY_NAMES[way], method->name, options.burst, rules, trace->count);
    printf(",\"build_s\":%.6f,\"build_cpu_s\":%.6f", cost->seconds, cost->cpu_seconds);
    printf(",\"bytes\":%zu,\"rule_bytes\":%zu,\"build_peak_bytes\":%zu", cost->table_bytes,
           cost->rule_bytes, cost->peak_bytes);
    printf(",\"mpps\":[");
    for (unsigned i = 0; i < options.rounds; i++)
        printf("%s%.3f", i == 0 ? "" : ",", rounds[i].mpps);
    printf("],\"cpu_share\":[");
    for (unsigned i = 0; i < options.rounds; i++)
        printf("%s%.2f", i == 0 ? "" : ",", rounds[i].cpu_share);
    printf("],\"ranks_crc\":\"%08x\"}\n", crc);
}

// Turns userdata into ranks and checks them against the first method's.
static void check_ranks(const char *method, uint32_t *results, uint32_t *ranks, size_t count,
                        bool first) {
    for (size_t i = 0; i < count; i++) {
        // Userdata counts from 1, so that 0, no match, becomes NO_RULE.
        uint32_t rank = results[i] - 1;
        if (first)
            ranks[i] = rank;
        else if (rank != ranks[i])
            fail("%s says rule %d of header %zu, another method says %d", method, (int)rank, i,
                 (int)ranks[i]);
    }
}

// Runs every method in turn, round after round, so that a busy minute of the
// machine hits all of them.
static void measure_way(enum way way, struct rte_acl_ctx **tables, const struct trace *trace,
                        uint32_t rules, const struct cost *cost, uint32_t *ranks, bool first) {
    uint32_t *results = map_memory(trace->count * sizeof *results);
    struct round *rounds = calloc(METHOD_COUNT * options.rounds, sizeof *rounds);
    bool available[METHOD_COUNT];
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        available[i] = choose_method(tables, &METHODS[i]);
        if (!available[i])
            continue;
        // What is left from another method must not pass for an answer.
        memset(results, 0xaa, trace->count * sizeof *results);
        classify(way, tables, trace, results); // The warm-up.
        check_ranks(METHODS[i].name, results, ranks, trace->count, first);
        first = false;
    }
    for (unsigned round = 0; round < options.rounds; round++)
        for (size_t i = 0; i < METHOD_COUNT; i++)
            if (available[i] && choose_method(tables, &METHODS[i]))
                rounds[i * options.rounds + round] = classify(way, tables, trace, results);
    uint32_t crc = crc32_of((const uint8_t *)ranks, trace->count * sizeof *ranks);
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (available[i]) {
            print_line(way, &METHODS[i], trace, rules, cost, &rounds[i * options.rounds], crc);
        } else {
            begin_line();
            printf(",\"way\":\"%s\",\"method\":\"%s\",\"unavailable\":"
                   "\"this processor or this build of DPDK lacks it\"}\n",
                   WAY_NAMES[way], METHODS[i].name);
        }
    }
    free(rounds);
}

static void measure(struct rte_acl_ctx **tables, const struct trace *trace, uint32_t rules,
                    const struct cost *cost) {
    uint32_t *ranks = map_memory(trace->count * sizeof *ranks);
    if (options.sets > 0) {
        bin_ends = calloc(options.sets, sizeof *bin_ends);
        measure_way(PER_PACKET, tables, trace, rules, cost, ranks, true);
        measure_way(BINNED, tables, trace, rules, cost, ranks, false);
    } else {
        measure_way(WHOLE, tables, trace, rules, cost, ranks, true);
    }
    if (options.ranks != NULL)
        write_ranks(ranks, trace->count);
}
