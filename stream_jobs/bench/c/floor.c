/* floor: the least a server can do to tell every viewer: one send() a viewer from a plain C loop.
 *
 *   floor VIEWERS PAYLOAD_BYTES
 *
 * Prints its port; accepts VIEWERS WebSocket handshakes on 127.0.0.1; then for each line "go" on stdin sends a frame to
 * each, and for each line "cpu" prints the processor time it has used so far as a line of JSON. Ends with stdin.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *HELLO =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double cpu(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static int listening(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    if (bind(s, (void *)&a, sizeof a) || listen(s, 4096) || getsockname(s, (void *)&a, &size)) {
        perror("listen");
        exit(1);
    }
    printf("{\"port\":%d}\n", ntohs(a.sin_port));
    fflush(stdout);
    return s;
}

static void fill(char *frame, int size) {
    char *p = frame + 4;
    int head = snprintf(p, 64, "{\"t\":%lld,\"d\":\"", now_ns());
    memset(p + head, 'x', size - head - 2);
    memcpy(p + size - 2, "\"}", 2);
    frame[0] = (char)0x81, frame[1] = 126, frame[2] = size >> 8, frame[3] = size & 255;
}

static void tell(const int *fd, int viewers, char *frame, int size) {
    fill(frame, size);
    for (int i = 0; i < viewers; i++)
        if (send(fd[i], frame, size + 4, MSG_DONTWAIT | MSG_NOSIGNAL) != size + 4) { /* missing where it is heard */ }
}

int main(int c, char **v) {
    if (c != 3) {
        fprintf(stderr, "usage: floor VIEWERS PAYLOAD_BYTES\n");
        return 2;
    }
    int viewers = atoi(v[1]), size = atoi(v[2]), s = listening();
    int *fd = malloc(sizeof(int) * viewers);
    char in[4096], *frame = malloc(size + 128);
    for (int i = 0; i < viewers; i++) {
        fd[i] = accept(s, 0, 0);
        if (read(fd[i], in, sizeof in) < 0 || write(fd[i], HELLO, strlen(HELLO)) < 0) {
            perror("handshake");
            return 1;
        }
    }
    while (fgets(in, sizeof in, stdin)) {
        if (in[0] == 'g') tell(fd, viewers, frame, size);
        else printf("{\"cpu_s\":%.6f}\n", cpu()), fflush(stdout);
    }
    return 0;
}
