/*
 * The driver's calls that JcudaDriver makes, without a device: memory is the host's, and a kernel adds to an array. What
 * JCuda hands over can be seen here as a driver sees it. Types and orders are those of cuda.h of CUDA 12.
 *
 * With REHEARSAL it is a device of gigabytes that takes any code and computes nothing, for trying programs out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int R;
typedef uint64_t P;
typedef struct { void *func; unsigned gx, gy, gz, bx, by, bz, shared; void **params, **extra; void *kern, *ctx; } Node;
typedef struct Step { Node node; uint64_t values[4]; int isKernel; struct Step *next; } Step;
typedef struct { Step *first, *last; int capturing; } Stream;

enum { INVALID = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500, LAUNCH_FAILED = 719 };
static void *current;
static int context = 7, blocks, allowed;
static R broken;

#ifdef REHEARSAL
enum { MOST_BYTES = 1 << 30 };
static int isCode(const void *image) { return !memcmp(image, "\177ELF", 4); }
static int isKernel(const char *name) { return *name; }
enum { ARGUMENTS = 0 };
#else
enum { MOST_BYTES = 1 << 20 };
static int isCode(const void *image) { return !strcmp(image, "code"); }
static int isKernel(const char *name) { return !strcmp(name, "add"); }
enum { ARGUMENTS = 3 };
#endif

R cuInit(unsigned f) { return 0; }
R cuDriverGetVersion(int *v) { return *v = 12060, 0; }
R cuDeviceGetCount(int *n) { return *n = 1, 0; }
R cuDeviceGet(int *d, int ordinal) { return ordinal == 0 ? (*d = 0, 0) : 101; }
R cuDeviceGetName(char *name, int n, int d) { return snprintf(name, n, "No Device"), 0; }
R cuDeviceTotalMem_v2(size_t *n, int d) { return *n = MOST_BYTES, 0; }
R cuDeviceGetAttribute(int *v, int a, int d) { return *v = a == 75 ? 9 : a == 76 ? 0 : a == 16 ? 132 : 1000 + a, 0; }
R cuDevicePrimaryCtxRetain(void **c, int d) { return *c = &context, 0; }
R cuDevicePrimaryCtxRelease_v2(int d) { return blocks ? INVALID : 0; }
R cuCtxSetCurrent(void *c) { return current = c, c == &context ? 0 : INVALID; }
R cuGetErrorName(R e, const char **s) {
    return *s = e == INVALID ? "CUDA_ERROR_INVALID_VALUE" : e == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
            : e == LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED" : e == NOT_FOUND ? "CUDA_ERROR_NOT_FOUND" : 0, 0;
}
R cuMemGetInfo_v2(size_t *f, size_t *t) { return *f = MOST_BYTES / 2, *t = MOST_BYTES, 0; }
R cuModuleLoadData(void **m, const void *image) {
    return isCode(image) ? (blocks++, *m = malloc(8), 0) : 200;
}
R cuModuleUnload(void *m) { return blocks--, free(m), 0; }
R cuModuleGetFunction(void **f, void *m, const char *name) { return isKernel(name) ? (*f = &allowed, 0) : NOT_FOUND; }
R cuFuncGetAttribute(int *v, int a, void *f) { return *v = 100 + a, 0; }
R cuFuncSetAttribute(void *f, int a, int v) { return a != 8 || v > 227 << 10 ? INVALID : (allowed = v > allowed ? v : allowed, 0); }

R cuTensorMapEncodeTiled(uint64_t *map, int type, unsigned rank, void *at, const uint64_t *dim, const uint64_t *stride,
                         const uint32_t *box, const uint32_t *step, int interleave, int swizzle, int promotion, int fill) {
    if ((P)map % 64 || (P)at % 16 || interleave || fill) return INVALID;
    uint64_t words[16] = {(P)at, type, rank, dim[0], dim[1], stride[0], box[0], box[1], step[0], step[1], swizzle, promotion};
    return memcpy(map, words, sizeof words), 0;
}

/* add(float *x, int64_t n, int *status): every thread of the grid adds one to all of x. */
static R run(Step *s) {
#ifdef REHEARSAL
    return 0;
#endif
    float *x = (float *)s->values[0];
    for (int64_t i = 0; i < (int64_t)s->values[1]; i++) {
        x[i] += (float)s->node.gx * s->node.gy * s->node.gz * s->node.bx * s->node.by * s->node.bz;
    }
    *(int *)s->values[2] = (int)s->node.shared;
    if (s->values[1] > 1000) broken = LAUNCH_FAILED;
    return 0;
}
static Step *step(Node n) {
    Step *s = calloc(1, sizeof *s);
    s->node = n;
    s->isKernel = n.func != 0;
    for (int i = 0; n.func && i < ARGUMENTS; i++) s->values[i] = *(uint64_t *)n.params[i];
    return s;
}
static R add(Stream *stream, Node n) {
    Step *s = step(n);
    if (!stream->capturing) return n.func ? run(s) : 0;
    if (stream->last) stream->last->next = s; else stream->first = s;
    stream->last = s;
    return 0;
}
R cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
        void *stream, void **params, void **extra) {
    if (broken) return broken;
    if (extra || bx * by * bz > 1024 || (int)shared > (allowed > 49152 ? allowed : 49152)) return INVALID;
    return add(stream, (Node){f, gx, gy, gz, bx, by, bz, shared, params, extra, 0, 0});
}
R cuMemAlloc_v2(P *p, size_t n) { return n > MOST_BYTES ? OUT_OF_MEMORY : (blocks++, *p = (P)malloc(n), 0); }
R cuMemFree_v2(P p) { return blocks--, free((void *)p), 0; }
R cuMemAllocAsync(P *p, size_t n, void *s) { return cuMemAlloc_v2(p, n); }
R cuMemFreeAsync(P p, void *s) { return cuMemFree_v2(p); }
R cuMemHostRegister_v2(void *p, size_t n, unsigned f) { return (P)p % 4096 || n % 4096 ? INVALID : (blocks++, 0); }
R cuMemHostUnregister(void *p) { return (P)p % 4096 ? INVALID : (blocks--, 0); }
R cuMemcpyHtoDAsync_v2(P to, const void *from, size_t n, void *s) { return memcpy((void *)to, from, n), 0; }
R cuMemcpyDtoHAsync_v2(void *to, P from, size_t n, void *s) { return memcpy(to, (void *)from, n), 0; }
R cuMemcpyDtoDAsync_v2(P to, P from, size_t n, void *s) { return memcpy((void *)to, (void *)from, n), 0; }
R cuMemsetD8Async(P to, unsigned char v, size_t n, Stream *s) {
    if (s->capturing) return add(s, (Node){0});
    return memset((void *)to, v, n), 0;
}
R cuStreamCreate(void **s, unsigned f) { return blocks++, *s = calloc(1, sizeof(Stream)), f == 1 ? 0 : INVALID; }
R cuStreamSynchronize(void *s) { return broken; }
R cuStreamWaitEvent(void *s, void *e, unsigned f) { return *(int *)e == 5 ? 0 : INVALID; }
R cuStreamDestroy_v2(void *s) { return blocks--, free(s), 0; }
R cuEventCreate(void **e, unsigned f) { return blocks++, *e = calloc(1, 8), 0; }
R cuEventRecord(void *e, void *s) { return *(int *)e = 5, 0; }
R cuEventSynchronize(void *e) { return broken; }
R cuEventElapsedTime(float *t, void *a, void *b) { return *t = 2.5f, 0; }
R cuEventDestroy_v2(void *e) { return blocks--, free(e), 0; }
R cuStreamBeginCapture_v2(Stream *s, int mode) { return s->capturing = mode == 1, 0; }
R cuStreamEndCapture(Stream *s, void **g) {
    Step **graph = malloc(sizeof *graph);
    *graph = s->first;
    s->first = s->last = 0;
    s->capturing = 0;
    return blocks++, *g = graph, 0;
}
static R nodes(Step *only, void **nodes, size_t *n) {
    if (nodes && only) nodes[0] = only;
    return *n = only ? 1 : 0, 0;
}
R cuGraphGetRootNodes(Step **g, void **into, size_t *n) { return nodes(*g, into, n); }
R cuGraphNodeGetDependentNodes(Step *s, void **into, size_t *n) { return nodes(s->next, into, n); }
R cuGraphNodeGetType(Step *s, int *type) { return *type = s->isKernel ? 0 : 2, 0; }
R cuGraphInstantiateWithFlags(void **e, Step **g, unsigned long long f) { return blocks++, *e = g, 0; }
R cuGraphExecKernelNodeSetParams_v2(void *e, Step *s, const Node *n) {
    if (n->kern || n->ctx || n->extra || n->func != s->node.func) return INVALID;
    Step *changed = step(*n);
    s->node = changed->node;
    memcpy(s->values, changed->values, sizeof s->values);
    return 0;
}
R cuGraphLaunch(Step **e, void *stream) {
    for (Step *s = *e; s; s = s->next) if (s->isKernel) run(s);
    return 0;
}
R cuGraphDestroy(void *g) { return blocks--, 0; }
R cuGraphExecDestroy(void *e) { return blocks--, 0; }
