/* Has NVRTC's names: takes a text, refuses one with "nonsense", and writes text and options into what it calls a cubin. */
typedef unsigned long size_t;
static char program[1 << 16], log_text[4096];
static size_t length, alive;

static size_t append(char *to, size_t at, const char *text) {
    while (*text) to[at++] = *text++;
    to[at] = 0;
    return at;
}
static int contains(const char *text, const char *part) {
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && text[i] == part[i]) i++;
        if (!part[i]) return 1;
    }
    return 0;
}
int nvrtcVersion(int *major, int *minor) { *major = 13; *minor = 7; return 0; }
int nvrtcCreateProgram(void **p, const char *text, const char *name, int count, const char *const *h, const char *const *i) {
    if (count || h || i || alive) return 3;
    alive = 1;
    length = append(program, append(program, append(program, 0, name), "\n"), text);
    log_text[0] = 0;
    *p = program;
    return 0;
}
int nvrtcCompileProgram(void *p, int count, const char *const *options) {
    if (p != program) return 4;
    for (int i = 0; i < count; i++) length = append(program, append(program, length, "\n"), options[i]);
    if (contains(program, "nonsense")) {
        append(log_text, 0, "source.cu(2): error: identifier \"nonsense\" is undefined\n");
        return 6;
    }
    append(log_text, 0, "ptxas info    : Compiling entry function 'k' for 'sm_90a'\n"
        "ptxas info    : Function properties for k\n"
        "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
        "ptxas info    : Used 12 registers, 64 bytes smem, 360 bytes cmem[0]\n");
    return 0;
}
int nvrtcGetCUBINSize(void *p, size_t *size) { *size = length; return p != program; }
int nvrtcGetCUBIN(void *p, char *to) { for (size_t i = 0; i < length; i++) to[i] = program[i]; return p != program; }
int nvrtcGetProgramLogSize(void *p, size_t *size) {
    size_t n = 0;
    while (log_text[n]) n++;
    *size = n + 1;
    return p != program;
}
int nvrtcGetProgramLog(void *p, char *to) { append(to, 0, log_text); return p != program; }
int nvrtcDestroyProgram(void **p) { alive = 0; return *p != program; }
