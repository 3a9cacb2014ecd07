/* load: holds many viewers in one epoll loop, counts what they hear and how late it is.
 *
 *   load PORT PATH VIEWERS [-c CHANNEL -t TOKENS_FILE [-e EPOCH -o OFFSET]] [-f FIRST_FRAME] [-a ADDRESS] [-p PENDING]
 *        [-s SIZE]
 *
 * Opens VIEWERS connections to 127.0.0.1, PENDING handshakes at a time (0: all at once), from 127.0.0.(2+ADDRESS) and up.
 * With -c each speaks the Centrifugo client protocol: connect with its own line of TOKENS_FILE, subscribe to CHANNEL,
 * recover from OFFSET of EPOCH; whoever is closed comes back and recovers from what it heard last. With -f each only
 * says FIRST_FRAME, and counts as welcome at once. With -s timed messages of another SIZE are counted as such.
 *
 * A message is timed where it holds "t": (or \"t\":, inside a string) and digits: the sender's CLOCK_MONOTONIC in
 * nanoseconds. Says one line of JSON for each event; obeys one command a line on stdin:
 *   until N      says {"event":"heard"} once N timed messages were heard in all
 *   report FILE  says what was heard since the last report; with a FILE its delays are added there, as floats
 *   stall K      the first K viewers read no more; those who are closed come back, and stop again; what they hear is not timed
 *   resume       everybody reads
 *   settle N     says {"event":"settled"} once everybody who reads is here and has heard up to offset N
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AWAY, DIALLING, SHAKING_HANDS, OPEN, WELCOME };
enum { STDIN = UINT32_MAX };
#define SAMPLES 40000000L
#define BUFFER (1 << 20)

typedef struct {
    int fd, stage, paused;
    char *rest; /* of a frame that has not come whole */
    size_t nrest;
    long offset; /* the last one heard; -1 before the first */
    double said_at, again_at;
} viewer;

static viewer *all;
static char **tokens, *channel, *first, epoch[64], buf[BUFFER], request[512];
static int viewers, port, base, pending_most = 512, opened, pending, welcome, ep, request_size, stalled, told_welcome;
static long counted, other, closed, gaps, doubled, faults, recovered, anew, brought, want = -1, settle = -1;
static size_t size_due;
static long odd;
static float *late;
static long nlate;
static double slowest, began, now;

static double clock_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void die(const char *why) {
    perror(why);
    exit(1);
}

/* ── saying ─────────────────────────────────────────────────────────────────────────────────────────────────── */

static void say(viewer *k, const char *text, size_t n) {
    static char f[16384];
    size_t h = 0;
    f[h++] = (char)0x81;
    if (n < 126) f[h++] = (char)(0x80 | n);
    else f[h++] = (char)(0x80 | 126), f[h++] = n >> 8, f[h++] = n & 255;
    memset(f + h, 0, 4); /* a mask of zeros leaves the text as it is */
    memcpy(f + h + 4, text, n);
    if (write(k->fd, f, h + 4 + n) < 0) { /* seen as a close soon */ }
}

static void say_hello(viewer *k) {
    static char text[8192];
    k->said_at = now;
    if (!channel) {
        if (first) say(k, first, strlen(first));
        k->stage = WELCOME, welcome++;
        return;
    }
    int n = snprintf(text, sizeof text, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"%s\"",
                     tokens[k - all], channel);
    if (k->offset >= 0)
        n += snprintf(text + n, sizeof text - n, ",\"recover\":true,\"epoch\":\"%s\",\"offset\":%ld", epoch, k->offset);
    n += snprintf(text + n, sizeof text - n, "}}");
    say(k, text, n);
}

/* ── hearing ────────────────────────────────────────────────────────────────────────────────────────────────── */

static long number_after(const char *p, const char *end, const char *name, const char **at) {
    const char *q = memmem(p, end - p, name, strlen(name));
    if (at) *at = q ? q + strlen(name) : end;
    return q ? atol(q + strlen(name)) : -1;
}

static void watch(viewer *k, int events) {
    struct epoll_event e = {.events = events, .data.u32 = k - all};
    epoll_ctl(ep, EPOLL_CTL_MOD, k->fd, &e);
}

static void take_offset(viewer *k, long offset) {
    if (k->offset >= 0 && offset <= k->offset) doubled++;
    else if (k->offset >= 0 && offset != k->offset + 1) gaps++;
    if (offset > k->offset) k->offset = offset;
}

static void take_subscribed(viewer *k, const char *p, const char *end) {
    const char *q = memmem(p, end - p, "\"epoch\":\"", 9);
    if (q) {
        q += 9;
        const char *stop = memchr(q, '"', end - q);
        if (stop && (size_t)(stop - q) < sizeof epoch) memcpy(epoch, q, stop - q), epoch[stop - q] = 0;
    }
    long offset = number_after(p, end, "\"offset\":", &q);
    if (memmem(p, end - p, "\"recovered\":true", 16)) {
        recovered++;
        for (long next; (next = number_after(q, end, "{\"offset\":", &q)) >= 0; brought++) take_offset(k, next);
    } else {
        anew++;
        k->offset = offset;
    }
    k->stage = WELCOME, welcome++;
}

static void take_reply(viewer *k, const char *p, const char *end) {
    double took = now - k->said_at;
    if (took > slowest) slowest = took;
    if (memmem(p, end - p, "\"error\":", 8) || memmem(p, end - p, "\"disconnect\":", 13)) faults++;
    else if (memmem(p, end - p < 64 ? (size_t)(end - p) : 64, "\"subscribe\":", 12)) take_subscribed(k, p, end);
}

static int take_times(viewer *k, const char *p, const char *end) {
    int any = 0;
    while ((p = memmem(p, end - p, "\"t", 2))) {
        p += 2;
        if (p < end && *p == '\\') p++;
        if (end - p < 3 || p[0] != '"' || p[1] != ':' || p[2] < '0' || p[2] > '9') continue;
        if (nlate < SAMPLES && k - all >= stalled) late[nlate++] = now - strtod(p + 2, 0) * 1e-9;
        counted++, any = 1;
    }
    return any;
}

static void take_message(viewer *k, char *p, char *end) {
    if (end - p == 2 && p[0] == '{') { say(k, "{}", 2); return; }  /* the protocol's ping */
    if (end - p == 1 && p[0] == '2') { say(k, "3", 1); return; }   /* engine.io's */
    size_t whole = end - p;
    for (char *line = p, *stop; line < end; line = stop + 1) {
        stop = memchr(line, '\n', end - line);
        if (!stop) stop = end;
        if (stop - line > 6 && !memcmp(line, "{\"id\":", 6)) { take_reply(k, line, stop); continue; }
        if (channel) {
            long offset = number_after(line, stop - line < 160 ? stop : line + 160, "\"offset\":", 0);
            if (offset >= 0) take_offset(k, offset);
        }
        if (!take_times(k, line, stop)) other++;
        else if (size_due && whole != size_due) odd++;
    }
}

/* The rest that is no whole frame yet begins at the pointer returned; a null one says that the server says goodbye. */
static char *take_frames(viewer *k, char *p, char *end) {
    while (end - p >= 2) {
        uint64_t size = p[1] & 127;
        size_t head = 2;
        if (size == 126) {
            if (end - p < 4) break;
            size = (uint8_t)p[2] << 8 | (uint8_t)p[3], head = 4;
        } else if (size == 127) {
            if (end - p < 10) break;
            size = 0, head = 10;
            for (int i = 2; i < 10; i++) size = size << 8 | (uint8_t)p[i];
        }
        if ((uint64_t)(end - p) < head + size) break;
        int opcode = p[0] & 15;
        char last = p[head + size];
        p[head + size] = 0; /* so that numbers end */
        if (opcode == 8) return 0;
        if (opcode == 1 || opcode == 2) take_message(k, p + head, p + head + size);
        p[head + size] = last;
        p += head + size;
    }
    return p;
}

/* ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────── */

static void dial(viewer *k) {
    k->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (k->fd < 0) die("socket");
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
    from.sin_addr.s_addr = htonl(0x7f000002 + base + (k - all) / 20000);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(k->fd, SOL_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
    if (bind(k->fd, (void *)&from, sizeof from)) die("bind");
    if (connect(k->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect");
    struct epoll_event e = {.events = EPOLLOUT, .data.u32 = k - all};
    epoll_ctl(ep, EPOLL_CTL_ADD, k->fd, &e);
    k->stage = DIALLING, k->paused = 0, pending++;
}

static void hang_up(viewer *k) {
    if (k->stage == WELCOME) welcome--;
    if (k->stage == DIALLING || k->stage == SHAKING_HANDS) pending--;
    close(k->fd);
    free(k->rest);
    k->fd = -1, k->rest = 0, k->nrest = 0, k->stage = AWAY, k->again_at = now + 0.1 + (rand() % 400) * 1e-3;
    closed++;
}

static void keep_rest(viewer *k, char *from, char *end) {
    free(k->rest);
    k->nrest = end - from, k->rest = 0;
    if (k->nrest) k->rest = malloc(k->nrest), memcpy(k->rest, from, k->nrest);
}

static void hear(viewer *k) {
    if (k->nrest) memcpy(buf, k->rest, k->nrest);
    ssize_t n = read(k->fd, buf + k->nrest, sizeof buf - 1 - k->nrest);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) { hang_up(k); return; }
    char *p = buf, *end = buf + k->nrest + n;
    if (k->stage == SHAKING_HANDS) {
        char *q = memmem(p, end - p, "\r\n\r\n", 4);
        if (!q) { keep_rest(k, p, end); return; }
        if (strncmp(p, "HTTP/1.1 101", 12)) {
            faults++;
            hang_up(k);
            return;
        }
        p = q + 4, k->stage = OPEN, pending--;
        say_hello(k);
    }
    p = take_frames(k, p, end);
    if (!p) { hang_up(k); return; }
    keep_rest(k, p, end);
    if (k - all < stalled && k->stage == WELCOME && !k->paused) watch(k, 0), k->paused = 1;
}

static void happened(viewer *k, int events) {
    if (k->stage == DIALLING) {
        if (!(events & EPOLLOUT) || write(k->fd, request, request_size) != request_size) { hang_up(k); return; }
        k->stage = SHAKING_HANDS;
        watch(k, EPOLLIN);
    } else if (k->paused) {
        hang_up(k); /* nothing else is watched for */
    } else {
        hear(k);
    }
}

/* ── what we are told, and say ──────────────────────────────────────────────────────────────────────────────── */

static int by_size(const void *a, const void *b) {
    float x = *(float *)a, y = *(float *)b;
    return x < y ? -1 : x > y;
}

static double share(double q) { return nlate ? late[(long)((nlate - 1) * q)] * 1e3 : 0.0; }

static void keep_delays(const char *name) {
    FILE *f = fopen(name, "ab");
    if (!f || fwrite(late, sizeof *late, nlate, f) != (size_t)nlate || fclose(f)) die(name);
}

static void report(const char *file) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    if (*file) keep_delays(file);
    qsort(late, nlate, sizeof(float), by_size);
    printf("{\"event\":\"report\",\"heard\":%ld,\"other\":%ld,\"closed\":%ld,\"gaps\":%ld,\"doubled\":%ld,\"faults\":%ld,"
           "\"recovered\":%ld,\"anew\":%ld,\"brought\":%ld,\"other_sizes\":%ld,\"welcome\":%d,"
           "\"first_ms\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"cpu_s\":%.3f}\n",
           nlate, other, closed, gaps, doubled, faults, recovered, anew, brought, odd, welcome,
           share(0), share(.5), share(.99), share(1), u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6);
    nlate = other = closed = gaps = doubled = faults = recovered = anew = brought = odd = 0;
}

static int is_settled(void) {
    for (int i = stalled; i < viewers; i++)
        if (all[i].stage != WELCOME || all[i].offset < settle) return 0;
    return 1;
}

static void obey(char *line) {
    if (!strncmp(line, "until ", 6)) want = atol(line + 6);
    else if (!strncmp(line, "settle ", 7)) settle = atol(line + 7);
    else if (!strncmp(line, "report", 6)) report(line[6] ? line + 7 : "");
    else if (!strncmp(line, "stall ", 6)) {
        stalled = atoi(line + 6);
        for (int i = 0; i < stalled; i++)
            if (all[i].stage == WELCOME) watch(all + i, 0), all[i].paused = 1;
    } else if (!strncmp(line, "resume", 6)) {
        stalled = 0;
        for (int i = 0; i < viewers; i++)
            if (all[i].paused) watch(all + i, EPOLLIN), all[i].paused = 0;
    }
}

static void listen_to_us(void) {
    static char lines[4096];
    static size_t n;
    ssize_t r = read(0, lines + n, sizeof lines - 1 - n);
    if (r == 0) exit(0);
    if (r < 0) return;
    n += r, lines[n] = 0;
    char *line = lines, *stop;
    for (; (stop = strchr(line, '\n')); line = stop + 1) *stop = 0, obey(line);
    n = strlen(line);
    memmove(lines, line, n);
}

static void tell(void) {
    if (!told_welcome && welcome == viewers) {
        told_welcome = 1;
        printf("{\"event\":\"welcome\",\"began\":%.6f,\"seconds\":%.3f,\"slowest_command_ms\":%.1f,\"recovered\":%ld,\"brought\":%ld,"
               "\"faults\":%ld,\"closed\":%ld}\n", began, now - began, slowest * 1e3, recovered, brought, faults, closed);
    }
    if (want >= 0 && counted >= want) want = -1, printf("{\"event\":\"heard\",\"at\":%.6f}\n", now);
    if (settle >= 0 && is_settled()) settle = -1, printf("{\"event\":\"settled\"}\n");
    fflush(stdout);
}

static void dial_who_is_away(void) {
    static double looked_at;
    while (opened < viewers && pending < pending_most) dial(all + opened++);
    if (!channel || now - looked_at < 0.05) return;
    looked_at = now;
    for (int i = 0; i < opened; i++)
        if (all[i].stage == AWAY && now >= all[i].again_at && pending < pending_most) dial(all + i);
}

static void read_tokens(const char *name) {
    FILE *f = fopen(name, "r");
    if (!f) die(name);
    tokens = calloc(viewers, sizeof *tokens);
    size_t room = 0;
    for (int i = 0; i < viewers; i++) {
        ssize_t n = getline(&tokens[i], &room, f);
        if (n <= 0) fprintf(stderr, "%s has too few lines\n", name), exit(2);
        if (tokens[i][n - 1] == '\n') tokens[i][n - 1] = 0;
        room = 0;
    }
    fclose(f);
}

int main(int c, char **v) {
    if (c < 4) {
        fprintf(stderr, "usage: load PORT PATH VIEWERS [-c CHANNEL -t TOKENS [-e EPOCH -o OFFSET]] [-f FRAME] [-a N] [-p N] [-s N]\n");
        return 2;
    }
    port = atoi(v[1]), viewers = atoi(v[3]);
    long offset = -1;
    const char *file = 0;
    for (int o; (o = getopt(c - 3, v + 3, "c:t:e:o:f:a:p:s:")) != -1;) switch (o) {
            case 'c': channel = optarg; break;
            case 't': file = optarg; break;
            case 'e': snprintf(epoch, sizeof epoch, "%s", optarg); break;
            case 'o': offset = atol(optarg); break;
            case 'f': first = optarg; break;
            case 'a': base = atoi(optarg); break;
            case 'p': pending_most = atoi(optarg); break;
            case 's': size_due = atoi(optarg); break;
            default: return 2;
        }
    if (pending_most <= 0) pending_most = viewers;
    if (file) read_tokens(file);
    request_size = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:%d\r\n\r\n", v[2], port, port);
    all = calloc(viewers, sizeof *all);
    late = malloc(sizeof(float) * SAMPLES);
    for (int i = 0; i < viewers; i++) all[i].offset = offset, all[i].fd = -1;
    /* Phones elsewhere take no processor away from who sends; here they would, at the first packet. */
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    ep = epoll_create1(0);
    struct epoll_event ours = {.events = EPOLLIN, .data.u32 = STDIN}, ev[1024];
    epoll_ctl(ep, EPOLL_CTL_ADD, 0, &ours);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    for (began = now = clock_s();; tell()) {
        dial_who_is_away();
        int n = epoll_wait(ep, ev, 1024, 50);
        for (int i = 0; i < n; i++) {
            now = clock_s();
            if (ev[i].data.u32 == STDIN) listen_to_us();
            else if (all[ev[i].data.u32].fd >= 0) happened(all + ev[i].data.u32, ev[i].events);
        }
        if (n <= 0) now = clock_s();
    }
}
