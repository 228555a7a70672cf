/*
 * Executes a grid: block after block, a block's threads as fibers on one thread of the machine. Compiled without a
 * library; kernels are instrumented by the compiler's -fsanitize=thread, whose calls before each access end up here.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define API extern "C" __attribute__((visibility("default")))
#define HIDDEN extern "C"
#define SITE ((u64)__builtin_return_address(0))

/* ---- What the host gives; Launch.java writes it, field by field of 8 bytes. */

enum RegionKind { GLOBAL_READ, GLOBAL_WRITE, SHARED, CONSTANT };
/* At the clock of its thread, which counts what the thread makes known to others by barriers of rings. */
struct Access { u32 epoch; u32 site; u16 thread; u16 phase; u32 clock; };
/* Of one element: who wrote it last, two who read it since, and who has an asynchronous copy to it on the way. */
struct Cell { Access write, reads[2]; u32 copier, byBox; };
struct Region { u64 begin, end, kind, elementShift; Cell *cells; };

struct Launch {
    void (*kernel)(const u64 *);
    const u64 *arguments;
    i64 grid[3], block[3];
    u8 *stacks;
    i64 stackBytes;
    Region *regions;
    i64 regionCount;
    void *fibers;
    void *copies;
    i64 copyCapacity;
    int *status;
    i64 seed;
    u8 *dynamicShared;
    volatile i64 stop;
    /* What the emulator answers. */
    i64 fault, thread, otherThread, faultBlock[3], address, bytes, isWrite;
    u64 site, otherSite;
    i64 line, otherLine, detail;
    i64 accesses, barriers, collectives, copied, epoch;
};

enum Fault {
    NONE, OUT_OF_BOUNDS, MISALIGNED, READ_ONLY, UNINITIALISED, RACE, PENDING_COPY, BARRIER_EXIT, BARRIER_LINES,
    COLLECTIVE, PARTIAL_WARP, STACK, STOPPED, COPIES, INDEX, COPY_PLACE, BLOCK_RACE, PENDING_PRODUCT, UNFENCED,
    RING_DEADLOCK, RING_MISUSE
};

/* ---- State */

enum State { RUNNABLE, AT_BARRIER, AT_COLLECTIVE, DONE, AT_RING };
enum { MOST_CALLS = 64, STACK_MARGIN = 24576, ZONE = 4096, LANES = 32, GROUP_LANES = 128, CANARY = 0x5ca1ab1e };
enum { NO_THREAD = 0xffff };

struct Copy { u64 to, from; u32 bytes, guard, group; i64 next; u64 site; };
struct Fiber {
    void *stackPointer;
    u8 *stack;
    u64 calls[MOST_CALLS];
    i64 depth, base, line;
    u64 site;
    i64 firstCopy, lastCopy;
    int state, x, y, z, operation, group;
    void *operand[3];
    int warp, phase;
    /* Of products of groups of warps: what the thread's fences say, and how many groups of products it has ended. */
    u32 proxyFence, unfencedSince;
    int fenced, productGroup, leading[2];
    /* Of rings: the barrier that it waits at, for which parity, and how often it made known what it did. */
    int ring, parity;
    u32 clock;
};
/* A product of a group of warps on its way: which reads its operands, and writes its sums, until it is waited for. */
struct Product { u64 left, right, site, sums[GROUP_LANES]; int leftLeading, rightLeading, shape, group, warps; };
enum { MOST_PRODUCTS = 256, MOST_RINGS = 64, MOST_THREADS = 1024, MOST_BOXES = 256 };
/* A barrier of a ring: what its phase still misses, and what was known to those who arrived in it and in the one before. */
struct Ring {
    u64 address, site;
    i64 bytes;
    u32 beganAt, beganClock, arriving[MOST_THREADS], arrived[MOST_THREADS];
    int arrivals, missing, beganBy, phase;
};
/* As the host writes it into a kernel's parameter: TensorMapBits.java. Axes are innermost first. */
struct BoxMap { u64 address, strides[4]; u32 extents[5], box[5], axes, elementBytes; };
/* A copy of a box on its way, which is made as late as it can be: when a thread waits for it. */
struct Box { u64 to, site; BoxMap map; int at[5], ring; u32 clock; u16 thread; };

/* As the kernel's header declares it. */
struct index3 { int x, y, z; };
HIDDEN { index3 threadIdx, blockIdx; }

static Launch *launch;
static Fiber *fibers, *current;
static int currentThread, threads;
static u32 epoch, blockEpoch, launchEpoch;
static void *hostStack;
static Copy *copies;
static i64 freeCopy, usedCopies;
static Region *lastRegion;
static u64 randomState;
static Product products[MOST_PRODUCTS];
static int pendingProducts;
static Ring rings[MOST_RINGS];
static Box boxes[MOST_BOXES];
static int ringCount, boxCount;
/* Up to which clock of another thread this one knows what that did. */
static u32 known[MOST_THREADS][MOST_THREADS];

HIDDEN void emulated_switch(void **save, void *load);
HIDDEN void emulated_trampoline();
API void woodpecker_run(Launch *l);

#if defined(__x86_64__)
__asm__(
    ".text\n.globl emulated_switch\n.hidden emulated_switch\n.type emulated_switch, @function\n"
    "emulated_switch:\n"
    "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
    "    movq %rsp, (%rdi)\n    movq %rsi, %rsp\n"
    "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n    retq\n"
    ".size emulated_switch, .-emulated_switch\n"
    ".globl emulated_trampoline\n.hidden emulated_trampoline\n.type emulated_trampoline, @function\n"
    "emulated_trampoline:\n    xorl %ebp, %ebp\n    call emulated_main\n    ud2\n"
    ".size emulated_trampoline, .-emulated_trampoline\n");
enum { SAVED_WORDS = 6 };
static void prepare(Fiber *f, u8 *top) {
    u64 *sp = (u64 *)top - 2; /* The trampoline's call leaves the stack aligned as the ABI wants it. */
    *--sp = (u64)&emulated_trampoline;
    for (int i = 0; i < SAVED_WORDS; i++) *--sp = 0;
    f->stackPointer = sp;
}
#elif defined(__aarch64__)
__asm__(
    ".text\n.globl emulated_switch\n.hidden emulated_switch\n.type emulated_switch, %function\n"
    "emulated_switch:\n"
    "    sub sp, sp, #160\n"
    "    stp x19, x20, [sp]\n    stp x21, x22, [sp, #16]\n    stp x23, x24, [sp, #32]\n    stp x25, x26, [sp, #48]\n"
    "    stp x27, x28, [sp, #64]\n    stp x29, x30, [sp, #80]\n    stp d8, d9, [sp, #96]\n"
    "    stp d10, d11, [sp, #112]\n    stp d12, d13, [sp, #128]\n    stp d14, d15, [sp, #144]\n"
    "    mov x9, sp\n    str x9, [x0]\n    mov sp, x1\n"
    "    ldp x19, x20, [sp]\n    ldp x21, x22, [sp, #16]\n    ldp x23, x24, [sp, #32]\n    ldp x25, x26, [sp, #48]\n"
    "    ldp x27, x28, [sp, #64]\n    ldp x29, x30, [sp, #80]\n    ldp d8, d9, [sp, #96]\n"
    "    ldp d10, d11, [sp, #112]\n    ldp d12, d13, [sp, #128]\n    ldp d14, d15, [sp, #144]\n"
    "    add sp, sp, #160\n    ret\n"
    ".globl emulated_trampoline\n.hidden emulated_trampoline\n.type emulated_trampoline, %function\n"
    "emulated_trampoline:\n    bl emulated_main\n    brk #0\n");
static void prepare(Fiber *f, u8 *top) {
    u64 *sp = (u64 *)top - 20;
    for (int i = 0; i < 20; i++) sp[i] = 0;
    sp[11] = (u64)&emulated_trampoline; /* x30, to which the switch returns. */
    f->stackPointer = sp;
}
#else
#error "the emulator switches fibers on x86-64 and aarch64 only"
#endif

static void yield() { emulated_switch(&current->stackPointer, hostStack); }

/* ---- Faults: noted, and the grid is left; nothing of it runs again. */

/* Inside a function that a kernel calls, the place of the call. */
static u64 kernelSite(u64 site) { return current->depth >= current->base + 2 ? current->calls[current->base + 1] : site; }

static void leave(int fault, u64 site) {
    launch->fault = fault;
    launch->thread = currentThread;
    launch->site = site;
    launch->faultBlock[0] = blockIdx.x;
    launch->faultBlock[1] = blockIdx.y;
    launch->faultBlock[2] = blockIdx.z;
}

__attribute__((noreturn)) static void fail(int fault, u64 site) {
    leave(fault, kernelSite(site));
    for (;;) yield();
}

__attribute__((noreturn)) static void failAt(int fault, u64 site, u64 address, u64 bytes, bool isWrite) {
    launch->address = (i64)address;
    launch->bytes = (i64)bytes;
    launch->isWrite = isWrite;
    fail(fault, site);
}

/* ---- Accesses */

static u32 packed(u64 site) { return (u32)(site - (u64)&woodpecker_run); }
static u64 unpacked(u32 site) { return (u64)&woodpecker_run + (i64)(int)site; }

__attribute__((noreturn)) static void race(const Access &other, u64 site, u64 address, u64 bytes, bool isWrite) {
    launch->otherThread = other.epoch >= blockEpoch ? other.thread : -1;
    launch->otherSite = unpacked(other.site);
    failAt(other.epoch >= blockEpoch ? RACE : BLOCK_RACE, site, address, bytes, isWrite);
}

static Region *regionOf(u64 address) {
    if (lastRegion && address - lastRegion->begin < lastRegion->end - lastRegion->begin) return lastRegion;
    for (i64 i = 0; i < launch->regionCount; i++) {
        Region *r = launch->regions + i;
        if (address - r->begin < r->end - r->begin) return lastRegion = r;
    }
    return 0;
}

/* Whether an access of this block came before, in any order of threads that barriers allow. */
static bool isOrdered(const Access &a) {
    if (a.epoch < launchEpoch) return true;
    if (a.epoch < blockEpoch) return false; /* Of another block. */
    return a.epoch < epoch || a.thread == currentThread || (ringCount && a.clock < known[currentThread][a.thread])
        || (a.thread / LANES == current->warp && a.phase < current->phase);
}

static void note(Access &a, u64 site) {
    a.epoch = epoch;
    a.site = packed(site);
    a.thread = (u16)currentThread;
    a.phase = (u16)current->phase;
    a.clock = current->clock;
}

static void noteRead(Cell &c, u64 site) {
    Access *slot = &c.reads[0];
    if (!isOrdered(c.reads[0]) && (isOrdered(c.reads[1]) || c.reads[0].thread / LANES != current->warp)) {
        slot = &c.reads[1];
    }
    note(*slot, site);
}

static void checkCell(Region *r, Cell &c, u64 site, u64 address, u64 bytes, bool isWrite) {
    bool isShared = r->kind == SHARED;
    if (c.copier && (isShared ? c.write.epoch >= blockEpoch : true)) {
        launch->otherThread = c.copier - 1;
        launch->otherSite = unpacked(c.write.site);
        failAt(PENDING_COPY, site, address, bytes, isWrite);
    }
    if (isShared ? c.write.epoch >= blockEpoch : c.write.epoch > 0) {
        /* Two threads may write the same value to global memory: a last vector that begins earlier. */
        if (!isOrdered(c.write) && !(isWrite && !isShared)) race(c.write, site, address, bytes, isWrite);
    } else if (!isWrite) {
        failAt(UNINITIALISED, site, address, bytes, isWrite);
    }
    if (isWrite) {
        if (isShared && !current->unfencedSince) current->unfencedSince = epoch;
        for (int i = 0; i < 2; i++) {
            if ((isShared ? c.reads[i].epoch >= blockEpoch : c.reads[i].epoch > 0) && !isOrdered(c.reads[i])) {
                race(c.reads[i], site, address, bytes, isWrite);
            }
        }
        note(c.write, site);
        c.copier = c.byBox = 0;
    } else {
        noteRead(c, site);
    }
}

static Region *checkPlace(u64 address, u64 bytes, u64 alignment, bool isWrite, u64 site) {
    Region *r = regionOf(address);
    if (!r || address + bytes > r->end) failAt(OUT_OF_BOUNDS, site, address, bytes, isWrite);
    if (address & (alignment - 1)) failAt(MISALIGNED, site, address, alignment, isWrite);
    if (isWrite && (r->kind == GLOBAL_READ || r->kind == CONSTANT)) failAt(READ_ONLY, site, address, bytes, isWrite);
    return r;
}

/* Detail 0 is an operand, 1 are sums, 2 is a thread that leaves before the product is done. */
__attribute__((noreturn)) static void failPending(const Product &p, int detail, u64 site, u64 address, u64 bytes, bool isWrite) {
    launch->otherSite = p.site;
    launch->detail = detail;
    failAt(PENDING_PRODUCT, site, address, bytes, isWrite);
}

static u64 operandBytes(bool alongSide, int side, int leading) { return alongSide ? (u64)(side / 64 - 1) * (u64)leading + 2048 : (u64)side * 128; }

static void checkOperands(u64 address, u64 bytes, u64 site) {
    for (int i = 0; i < pendingProducts; i++) {
        const Product &p = products[i];
        u64 left = p.left & ~127ull, right = p.right & ~127ull;
        bool isLeft = address + bytes > left && address < left + operandBytes(p.shape >> 18 & 1, 64, p.leftLeading);
        bool isRight = address + bytes > right && address < right + operandBytes(p.shape >> 19 & 1, p.shape & 0xffff, p.rightLeading);
        if (isLeft || isRight) failPending(p, 0, site, address, bytes, true);
    }
}

/* Of the registers of a thread, which are memory here. */
static void checkSums(u64 address, u64 bytes, bool isWrite, u64 site) {
    for (int i = 0; i < pendingProducts; i++) {
        const Product &p = products[i];
        u64 sums = p.sums[currentThread % GROUP_LANES];
        bool isOwn = p.warps == currentThread / GROUP_LANES;
        if (isOwn && address + bytes > sums && address < sums + 2 * (u64)(p.shape & 0xffff)) {
            failPending(p, 1, site, address, bytes, isWrite);
        }
    }
}

static void checkCells(Region *r, u64 address, u64 bytes, bool isWrite, u64 site) {
    if (isWrite && pendingProducts && r->kind == SHARED) checkOperands(address, bytes, site);
    if (!r->cells) return;
    u64 from = (address - r->begin) >> r->elementShift;
    u64 to = (address + bytes - 1 - r->begin) >> r->elementShift;
    for (u64 i = from; i <= to; i++) checkCell(r, r->cells[i], site, address, bytes, isWrite);
}

static void access(u64 address, u64 bytes, u64 alignment, bool isWrite, u64 site) {
    if (!launch) return;
    if (address - (u64)current->stack < (u64)launch->stackBytes) {
        if (pendingProducts) checkSums(address, bytes, isWrite, kernelSite(site));
        return;
    }
    if (address - (u64)&threadIdx < sizeof threadIdx || address - (u64)&blockIdx < sizeof blockIdx) return;
    launch->accesses++;
    if (launch->stop) fail(STOPPED, site);
    u64 at = kernelSite(site);
    checkCells(checkPlace(address, bytes, alignment, isWrite, at), address, bytes, isWrite, at);
}

/* What compilers call before an access; of one that need not be aligned, the type does not say that it is. */
#define ACCESSES(n) \
    HIDDEN void __tsan_read##n(void *p) { access((u64)p, n, n, false, SITE); } \
    HIDDEN void __tsan_write##n(void *p) { access((u64)p, n, n, true, SITE); } \
    HIDDEN void __tsan_read_write##n(void *p) { access((u64)p, n, n, false, SITE); access((u64)p, n, n, true, SITE); } \
    HIDDEN void __tsan_unaligned_read##n(void *p) { access((u64)p, n, 1, false, SITE); } \
    HIDDEN void __tsan_unaligned_write##n(void *p) { access((u64)p, n, 1, true, SITE); } \
    HIDDEN void __tsan_unaligned_read_write##n(void *p) { access((u64)p, n, 1, false, SITE); access((u64)p, n, 1, true, SITE); }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
HIDDEN void __tsan_read_range(void *p, u64 n) { if (n) access((u64)p, n, 1, false, SITE); }
HIDDEN void __tsan_write_range(void *p, u64 n) { if (n) access((u64)p, n, 1, true, SITE); }
HIDDEN void __tsan_init() {}

static void move(void *to, const void *from, u64 n) {
    volatile u8 *t = (volatile u8 *)to;
    const u8 *f = (const u8 *)from;
    if ((u64)to <= (u64)from) for (u64 i = 0; i < n; i++) t[i] = f[i];
    else while (n-- > 0) t[n] = f[n];
}

#define COPIES_OF(name) \
    HIDDEN void *name(void *to, const void *from, u64 n) { \
        if (n) access((u64)from, n, 1, false, SITE), access((u64)to, n, 1, true, SITE); \
        move(to, from, n); \
        return to; \
    }
COPIES_OF(__tsan_memcpy)
COPIES_OF(__tsan_memmove)
COPIES_OF(memcpy)
COPIES_OF(memmove)
#define FILL_OF(name) \
    HIDDEN void *name(void *to, int value, u64 n) { \
        if (n) access((u64)to, n, 1, true, SITE); \
        for (u64 i = 0; i < n; i++) ((volatile u8 *)to)[i] = (u8)value; \
        return to; \
    }
FILL_OF(__tsan_memset)
FILL_OF(memset)

HIDDEN void __tsan_func_entry(void *caller) {
    if (!launch) return;
    u8 *here = (u8 *)__builtin_frame_address(0);
    if (here < current->stack + STACK_MARGIN || current->depth >= MOST_CALLS) fail(STACK, (u64)caller);
    current->calls[current->depth++] = (u64)caller;
}
HIDDEN void __tsan_func_exit() {
    if (launch) current->depth--;
}

/* The kernel is called next, by functions that the compiler may have announced too. */
HIDDEN void emulated_begin() { current->base = current->depth; }

/* At each edge of the control flow: an endless loop that accesses nothing ends too. */
HIDDEN void __sanitizer_cov_trace_pc() {
    if (launch && launch->stop) fail(STOPPED, SITE);
}

struct SourcePlace { const char *file; u32 line, column; };
struct IndexCheck { SourcePlace place; const void *arrayType, *indexType; };
HIDDEN void __ubsan_handle_out_of_bounds(IndexCheck *check, u64 index) {
    launch->line = check->place.line;
    launch->detail = (i64)index;
    fail(INDEX, SITE);
}
HIDDEN void __ubsan_handle_out_of_bounds_abort(IndexCheck *check, u64 index) {
    launch->line = check->place.line;
    launch->detail = (i64)index;
    fail(INDEX, SITE);
}

/* Of the target of a pointer whose type says that it is aligned: also where the compiler splits the access. */
struct AlignmentCheck { SourcePlace place; const void *type; u8 logAlignment, kind; };
HIDDEN void __ubsan_handle_type_mismatch_v1(AlignmentCheck *check, u64 address) {
    failAt(MISALIGNED, SITE, address, 1ull << check->logAlignment, check->kind == 1);
}
HIDDEN void __ubsan_handle_type_mismatch_v1_abort(AlignmentCheck *check, u64 address) {
    failAt(MISALIGNED, SITE, address, 1ull << check->logAlignment, check->kind == 1);
}

/* ---- Barriers */

HIDDEN void emulated_barrier(int line) {
    current->state = AT_BARRIER;
    current->line = line;
    current->site = SITE;
    yield();
}

/* ---- Asynchronous copies: checked when they are asked for, made when they are waited for. */

HIDDEN void emulated_copy(void *to, const void *from, int bytes, bool guard) {
    u64 site = kernelSite(SITE), target = (u64)to;
    if (guard) {
        Region *source = checkPlace((u64)from, bytes, bytes, false, site);
        if (source->kind == SHARED) failAt(COPY_PLACE, site, (u64)from, bytes, false);
        checkCells(source, (u64)from, bytes, false, site);
    }
    Region *r = checkPlace(target, bytes, bytes, true, site);
    if (r->kind != SHARED) failAt(COPY_PLACE, site, target, bytes, true);
    checkCells(r, target, bytes, true, site);
    for (u64 i = (target - r->begin) >> r->elementShift; i <= (target + bytes - 1 - r->begin) >> r->elementShift; i++) {
        r->cells[i].copier = (u32)currentThread + 1;
    }
    if (freeCopy < 0 && usedCopies == launch->copyCapacity) fail(COPIES, site);
    i64 number = freeCopy < 0 ? usedCopies++ : freeCopy;
    Copy &c = copies[number];
    if (freeCopy >= 0) freeCopy = c.next;
    c.to = target; c.from = (u64)from; c.bytes = (u32)bytes; c.guard = guard; c.group = (u32)current->group;
    c.next = -1; c.site = site;
    if (current->lastCopy < 0) current->firstCopy = number; else copies[current->lastCopy].next = number;
    current->lastCopy = number;
    launch->copied += bytes;
}

HIDDEN void emulated_commit() { current->group++; }

HIDDEN void emulated_wait(int pending) {
    while (current->firstCopy >= 0 && (i64)copies[current->firstCopy].group < (i64)current->group - pending) {
        i64 number = current->firstCopy;
        Copy &c = copies[number];
        if (c.guard) move((void *)c.to, (const void *)c.from, c.bytes);
        else for (u32 i = 0; i < c.bytes; i++) ((volatile u8 *)c.to)[i] = 0;
        Region *r = regionOf(c.to);
        for (u64 i = (c.to - r->begin) >> r->elementShift; i <= (c.to + c.bytes - 1 - r->begin) >> r->elementShift; i++) {
            r->cells[i].copier = 0;
            note(r->cells[i].write, c.site);
            if (!current->unfencedSince) current->unfencedSince = epoch;
        }
        current->firstCopy = c.next;
        if (c.next < 0) current->lastCopy = -1;
        c.next = freeCopy;
        freeCopy = number;
    }
}

HIDDEN u8 *emulated_dynamic_shared() { return launch->dynamicShared; }
HIDDEN unsigned emulated_shared_address(const void *p) { return (unsigned)(u64)p; }

/* ---- Operations of a whole warp, or of a group of four: the last lane to come does the work for all. */

enum Operation {
    MATRICES, TRANSPOSED_MATRICES = 16, PRODUCT = 32, SHUFFLE = 64, GROUP_WAIT = 128, GROUP_REGISTERS = 192, GROUP_PRODUCT = 256
};

static float halfOf(u16 x) {
    u32 sign = (u32)(x >> 15) << 31, exponent = x >> 10 & 31, fraction = x & 1023;
    union { u32 bits; float value; } u;
    if (exponent == 31) u.bits = sign | 0x7f800000 | fraction << 13;
    else if (exponent) u.bits = sign | (exponent + 112) << 23 | fraction << 13;
    else {
        u.value = (float)(int)fraction * 0x1p-24f;
        u.bits |= sign;
    }
    return u.value;
}

HIDDEN float emulated_f32_from_f16(u16 x) { return halfOf(x); }

HIDDEN u16 emulated_f16_from_f32(float x) {
    union { float value; u32 bits; } u = {x};
    u32 sign = u.bits >> 16 & 0x8000, magnitude = u.bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return 0x7fff; /* What cvt makes of every NaN. */
    if (magnitude >= 0x477ff000) return (u16)(sign | 0x7c00);
    if (magnitude < 0x38800000) { /* Below the normal halves: as a count of the smallest one. */
        u.bits = magnitude;
        float scaled = u.value * 0x1p24f;
        u32 whole = (u32)(int)scaled;
        float rest = scaled - (float)(int)whole;
        whole += rest > 0.5f || (rest == 0.5f && (whole & 1));
        return (u16)(sign | whole);
    }
    u32 rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (u16)(sign | ((rounded - 0x38000000) >> 13));
}

/* Kinds 0 to 2 are halves, bfloat16 and tf32; of bytes without sign and with it are 3 and 4. */
static double elementOf(u32 packedElements, int i, int kind) {
    union { u32 bits; float value; } u;
    switch (kind) {
        case 0: return (double)halfOf((u16)(packedElements >> 16 * i));
        case 1: u.bits = packedElements >> 16 * i << 16; return (double)u.value;
        case 2: u.bits = packedElements & 0xffffe000; return (double)u.value;
        case 3: return (double)(u8)(packedElements >> 8 * i);
        default: return (double)(signed char)(packedElements >> 8 * i);
    }
}

/* PTX ISA, "Matrix Fragments for mma.m16n8k16" and its neighbours of other types: the same in units of registers. */
static void product(Fiber *warp, int kind) {
    int per = kind == 2 ? 1 : kind >= 3 ? 4 : 2;
    double left[16][32], right[8][32];
    for (int lane = 0; lane < LANES; lane++) {
        int row = lane / 4, column = lane % 4;
        const u32 *a = (const u32 *)warp[lane].operand[1], *b = (const u32 *)warp[lane].operand[2];
        for (int i = 0; i < per; i++) {
            for (int r = 0; r < 4; r++) left[row + 8 * (r & 1)][per * (column + 4 * (r >> 1)) + i] = elementOf(a[r], i, kind);
            for (int r = 0; r < 2; r++) right[row][per * (column + 4 * r) + i] = elementOf(b[r], i, kind >= 3 ? 7 - kind : kind);
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        for (int r = 0; r < 4; r++) {
            int row = lane / 4 + 8 * (r >> 1), column = 2 * (lane % 4) + (r & 1);
            double sum = 0;
            for (int k = 0; k < 8 * per; k++) sum += left[row][k] * right[column][k];
            if (kind >= 3) ((u32 *)warp[lane].operand[0])[r] += (u32)(int)sum;
            else {
                float *to = (float *)warp[lane].operand[0] + r;
                *to = (float)(*to + sum);
            }
        }
    }
}

static void matrices(Fiber *warp, int count, bool transposed) {
    for (int lane = 0; lane < LANES; lane++) {
        for (int m = 0; m < count; m++) {
            u32 two = 0;
            for (int i = 0; i < 2; i++) {
                int row = transposed ? 2 * (lane % 4) + i : lane / 4, column = transposed ? lane / 4 : 2 * (lane % 4) + i;
                two |= (u32)((const u16 *)warp[8 * m + row].operand[1])[column] << 16 * i;
            }
            ((u32 *)warp[lane].operand[0])[m] = two;
        }
    }
}

/* Each lane gets the 32 bits of the one whose number differs in the bits of the distance. */
static void shuffle(Fiber *warp, int distance) {
    u32 old[LANES];
    for (int lane = 0; lane < LANES; lane++) old[lane] = *(const u32 *)warp[lane].operand[1];
    for (int lane = 0; lane < LANES; lane++) *(u32 *)warp[lane].operand[0] = old[lane ^ distance];
}

static u64 elementAddress(u64 start, int leading, bool alongSide, int side, int k) {
    u64 at = start + (u64)(alongSide ? side / 64 * leading + k / 8 * 1024 + k % 8 * 128 + side % 64 * 2
                                     : side / 8 * 1024 + side % 8 * 128 + k * 2);
    return at ^ (at >> 7 & 7) << 4; /* PTX ISA, "128-Byte swizzle". */
}

/* Pieces of 16 bytes of an operand: in shared memory, written and, for who reads them so, fenced and ordered. */
static void checkOperand(u64 start, int leading, bool alongSide, int side, u64 site) {
    if (start & 0x38f) failAt(MISALIGNED, site, start, 1024, false);
    for (int i = 0; i < side; i += alongSide ? 8 : 1) {
        for (int k = 0; k < 16; k += alongSide ? 1 : 8) {
            u64 at = elementAddress(start, leading, alongSide, i, k);
            Region *r = checkPlace(at, 16, 16, false, site);
            if (r->kind != SHARED) failAt(COPY_PLACE, site, at, 16, false);
            checkCells(r, at, 16, false, site);
            const Access &w = r->cells[(at - r->begin) >> r->elementShift].write;
            const Fiber &writer = fibers[w.thread];
            if (r->cells[(at - r->begin) >> r->elementShift].byBox) continue;
            if (writer.proxyFence < w.epoch || (writer.unfencedSince && w.epoch >= writer.unfencedSince)) {
                launch->otherThread = w.thread;
                launch->otherSite = unpacked(w.site);
                launch->detail = 1;
                failAt(UNFENCED, site, at, 16, false);
            }
        }
    }
}

static void checkProduct(const Product &p) {
    checkOperand(p.left, p.leftLeading, p.shape >> 18 & 1, 64, p.site);
    checkOperand(p.right, p.rightLeading, p.shape >> 19 & 1, p.shape & 0xffff, p.site);
}

/* PTX ISA, "Register Fragments for wgmma.mma_async.m64nNk16". */
static void multiply(const Product &p) {
    static double left[64][16], right[256][16];
    int columns = p.shape & 0xffff, kind = p.shape >> 16 & 3;
    for (int k = 0; k < 16; k++) {
        for (int m = 0; m < 64; m++) {
            left[m][k] = elementOf(*(const u16 *)elementAddress(p.left, p.leftLeading, p.shape >> 18 & 1, m, k), 0, kind);
        }
        for (int n = 0; n < columns; n++) {
            right[n][k] = elementOf(*(const u16 *)elementAddress(p.right, p.rightLeading, p.shape >> 19 & 1, n, k), 0, kind);
        }
    }
    for (int lane = 0; lane < GROUP_LANES; lane++) {
        for (int r = 0; r < columns / 2; r++) {
            int row = lane / 32 * 16 + lane % 32 / 4 + 8 * (r >> 1 & 1), column = 8 * (r >> 2) + 2 * (lane % 4) + (r & 1);
            double sum = 0;
            for (int k = 0; k < 16; k++) sum += left[row][k] * right[column][k];
            float *to = (float *)p.sums[lane] + r;
            *to = (float)(*to + sum);
        }
    }
}

/* Makes the products of all but the last groups, in their order. */
/* Lanes that waited together know what each of them knows. */
static void share(int first) {
    for (int t = 0; t < threads; t++) {
        u32 most = 0;
        for (int i = first; i < first + GROUP_LANES; i++) {
            u32 own = i == t ? fibers[i].clock + 1 : known[i][t];
            if (own > most) most = own;
        }
        for (int i = first; i < first + GROUP_LANES; i++) known[i][t] = most;
    }
    for (int i = first; i < first + GROUP_LANES; i++) fibers[i].clock++;
}

static void finish(int pending) {
    int warps = currentThread / GROUP_LANES, kept = 0, all = pendingProducts;
    for (int i = 0; i < all; i++) {
        if (products[i].warps == warps && products[i].group < current->productGroup - pending) {
            checkProduct(products[i]);
            multiply(products[i]);
        } else {
            if (kept != i) move(&products[kept], &products[i], sizeof(Product));
            kept++;
        }
    }
    pendingProducts = kept;
    if (ringCount) share(warps * GROUP_LANES);
}

static void start(Fiber *group, int shape, u64 site) {
    if (pendingProducts == MOST_PRODUCTS) fail(COPIES, site);
    Product &p = products[pendingProducts];
    p.left = (u64)current->operand[1]; p.right = (u64)current->operand[2];
    p.leftLeading = current->leading[0]; p.rightLeading = current->leading[1];
    p.shape = shape; p.group = current->productGroup; p.warps = currentThread / GROUP_LANES; p.site = kernelSite(site);
    for (int lane = 0; lane < GROUP_LANES; lane++) {
        Fiber &f = group[lane];
        p.sums[lane] = (u64)f.operand[0];
        launch->detail = 0;
        if (!f.fenced) fail(UNFENCED, site);
        if ((u64)f.operand[1] != p.left || (u64)f.operand[2] != p.right) {
            launch->otherThread = currentThread / GROUP_LANES * GROUP_LANES + lane;
            launch->otherSite = f.site;
            fail(COLLECTIVE, site);
        }
    }
    checkProduct(p);
    pendingProducts++;
}

static int lanesOf(int operation) { return operation >= GROUP_WAIT ? GROUP_LANES : LANES; }

static bool isOver(int ring, int parity);

static void collective(int operation, u64 site) {
    int lanes = lanesOf(operation), first = currentThread / lanes * lanes;
    launch->collectives++;
    if (first + lanes > threads) fail(PARTIAL_WARP, site);
    current->operation = operation;
    current->site = kernelSite(site);
    current->state = AT_COLLECTIVE;
    for (int i = first; i < first + lanes; i++) {
        if (fibers[i].state != AT_COLLECTIVE) {
            yield();
            return;
        }
    }
    for (int i = first; i < first + lanes; i++) {
        if (fibers[i].operation != operation) {
            launch->otherThread = i;
            launch->otherSite = fibers[i].site;
            fail(COLLECTIVE, site);
        }
    }
    if (operation >= GROUP_PRODUCT) start(fibers + first, operation - GROUP_PRODUCT, site);
    else if (operation == GROUP_REGISTERS) {}
    else if (operation >= GROUP_WAIT) finish(operation - GROUP_WAIT);
    else if (operation >= SHUFFLE) shuffle(fibers + first, operation - SHUFFLE);
    else if (operation >= PRODUCT) product(fibers + first, operation - PRODUCT);
    else if (operation >= TRANSPOSED_MATRICES) matrices(fibers + first, operation - TRANSPOSED_MATRICES, true);
    else matrices(fibers + first, operation, false);
    for (int i = first; i < first + lanes; i++) fibers[i].state = RUNNABLE;
}

HIDDEN void emulated_matrices(unsigned *fragment, const void *row, int count, int transposed) {
    if (currentThread % LANES < 8 * count) {
        u64 site = kernelSite(SITE);
        Region *r = checkPlace((u64)row, 16, 16, false, site);
        if (r->kind != SHARED) failAt(COPY_PLACE, site, (u64)row, 16, false);
        checkCells(r, (u64)row, 16, false, site);
    }
    current->operand[0] = fragment;
    current->operand[1] = (void *)row;
    collective((transposed ? TRANSPOSED_MATRICES : MATRICES) + count, SITE);
}

HIDDEN void emulated_product(void *sum, const unsigned *left, const unsigned *right, int kind) {
    current->operand[0] = sum;
    current->operand[1] = (void *)left;
    current->operand[2] = (void *)right;
    collective(PRODUCT + kind, SITE);
}

HIDDEN void emulated_shuffle(void *to, const void *from, int distance) {
    current->operand[0] = to;
    current->operand[1] = (void *)from;
    collective(SHUFFLE + distance, SITE);
}

HIDDEN void emulated_proxy_fence() {
    current->proxyFence = epoch;
    current->unfencedSince = 0;
}

HIDDEN void emulated_group_fence() { current->fenced = 1; }
HIDDEN void emulated_group_commit() { current->productGroup++; }

/* What follows may use the sums, so that the next product needs a fence again. */
HIDDEN void emulated_group_wait(int pending) {
    collective(GROUP_WAIT + pending, SITE);
    current->fenced = 0;
}

HIDDEN void emulated_group_product(float *sum, const void *left, int leftLeading, const void *right, int rightLeading, int shape) {
    current->operand[0] = sum;
    current->operand[1] = (void *)left;
    current->operand[2] = (void *)right;
    current->leading[0] = leftLeading;
    current->leading[1] = rightLeading;
    collective(GROUP_PRODUCT + shape, SITE);
}

/* ---- Rings: barriers that count arrivals and bytes, and copies of boxes that arrive there. */

__attribute__((noreturn)) static void failRing(int detail, u64 site, u64 address) {
    launch->detail = detail;
    failAt(RING_MISUSE, site, address, 8, false);
}

/* Details of RING_MISUSE: 0 never begun, 1 begun twice, 2 begun without a barrier or a fence after it, 3 too many arrivals. */
static int ringAt(u64 address, u64 site, bool byCopy) {
    Region *r = checkPlace(address, 8, 8, true, site);
    if (r->kind != SHARED) failAt(COPY_PLACE, site, address, 8, true);
    for (int i = 0; i < ringCount; i++) {
        if (rings[i].address != address) continue;
        const Fiber &by = fibers[rings[i].beganBy];
        bool seen = rings[i].beganBy == currentThread || rings[i].beganAt < epoch;
        if (!seen || (byCopy && by.proxyFence < rings[i].beganAt)) failRing(2, site, address);
        return i;
    }
    failRing(0, site, address);
}

HIDDEN void emulated_ring_begin(u64 *barrier, int arrivals) {
    u64 site = kernelSite(SITE), address = (u64)barrier;
    Region *region = checkPlace(address, 8, 8, true, site);
    if (region->kind != SHARED) failAt(COPY_PLACE, site, address, 8, true);
    for (int i = 0; i < ringCount; i++) if (rings[i].address == address) failRing(1, site, address);
    if (ringCount == MOST_RINGS || threads > MOST_THREADS) fail(COPIES, site);
    Ring &r = rings[ringCount++];
    r.address = address; r.site = site; r.bytes = 0;
    r.arrivals = r.missing = arrivals;
    r.beganBy = currentThread; r.beganAt = epoch; r.phase = 0;
    for (int t = 0; t < threads; t++) r.arriving[t] = r.arrived[t] = 0;
}

/* What was known in a phase is known to who waited for it. */
static void endIfOver(Ring &r) {
    if (r.missing || r.bytes) return;
    r.phase++;
    r.missing = r.arrivals;
    for (int t = 0; t < threads; t++) {
        r.arrived[t] = r.arriving[t];
        r.arriving[t] = 0;
    }
}

HIDDEN void emulated_ring_arrive(u64 *barrier, int expectedBytes) {
    u64 site = kernelSite(SITE);
    Ring &r = rings[ringAt((u64)barrier, site, false)];
    if (r.missing == 0) failRing(3, site, r.address);
    for (int t = 0; t < threads; t++) {
        u32 own = t == currentThread ? current->clock + 1 : known[currentThread][t];
        if (own > r.arriving[t]) r.arriving[t] = own;
    }
    current->clock++;
    r.missing--;
    r.bytes += expectedBytes;
    endIfOver(r);
}

static u64 boxBytes(const BoxMap &m) {
    u64 bytes = m.elementBytes;
    for (u32 a = 0; a < m.axes; a++) bytes *= m.box[a];
    return bytes;
}

/* Where a row of a box starts in memory, or 0 where it is beyond the tensor. */
static u64 rowOf(const Box &b, u64 row) {
    u64 from = b.map.address;
    for (u32 a = 1; a < b.map.axes; a++) {
        i64 index = (i64)b.at[a] + (i64)(row % b.map.box[a]);
        row /= b.map.box[a];
        if (index < 0 || index >= (i64)b.map.extents[a]) return 0;
        from += (u64)index * b.map.strides[a - 1];
    }
    return from;
}

/* Makes a copy, row by row of 128 bytes, pieces of 16 bytes being exchanged by the row. */
static void complete(const Box &b) {
    u64 rows = boxBytes(b.map) / 128, elements = 128 / b.map.elementBytes;
    Region *r = regionOf(b.to);
    for (u64 row = 0; row < rows; row++) {
        u64 from = rowOf(b, row);
        for (u64 e = 0; e < elements; e++) {
            u64 at = b.to + row * 128 + e * b.map.elementBytes;
            at ^= (at >> 7 & 7) << 4;
            i64 index = (i64)b.at[0] + (i64)e;
            bool inside = from && index >= 0 && index < (i64)b.map.extents[0];
            for (u32 i = 0; i < b.map.elementBytes; i++) {
                ((volatile u8 *)at)[i] = inside ? ((const u8 *)from)[(u64)index * b.map.elementBytes + i] : 0;
            }
            Cell &c = r->cells[(at - r->begin) >> r->elementShift];
            c.copier = 0;
            c.byBox = 1;
            c.write.epoch = epoch; c.write.thread = b.thread; c.write.clock = b.clock; c.write.site = packed(b.site);
            c.write.phase = (u16)fibers[b.thread].phase;
        }
    }
    Ring &ring = rings[b.ring];
    if (b.clock + 1 > ring.arriving[b.thread]) ring.arriving[b.thread] = b.clock + 1;
    ring.bytes -= (i64)boxBytes(b.map);
    endIfOver(ring);
}

static bool isOver(int number, int parity) {
    Ring &r = rings[number];
    for (bool any = true; any && r.phase % 2 == parity && r.missing == 0;) {
        any = false;
        for (int i = 0; i < boxCount && !any; i++) {
            if (boxes[i].ring != number) continue;
            static Box b;
            move(&b, &boxes[i], sizeof b);
            boxCount--;
            for (int j = i; j < boxCount; j++) move(&boxes[j], &boxes[j + 1], sizeof(Box));
            complete(b);
            any = true;
        }
    }
    return r.phase % 2 != parity;
}

HIDDEN bool emulated_ring_wait(u64 *barrier, int parity) {
    u64 site = kernelSite(SITE);
    current->ring = ringAt((u64)barrier, site, false);
    current->parity = parity;
    if (!isOver(current->ring, parity)) {
        current->site = site;
        current->state = AT_RING;
        yield();
    }
    const Ring &r = rings[current->ring];
    for (int t = 0; t < threads; t++) if (r.arrived[t] > known[currentThread][t]) known[currentThread][t] = r.arrived[t];
    return true;
}

HIDDEN void emulated_box(void *to, const void *map, const int *at, int axes, u64 *barrier) {
    u64 site = kernelSite(SITE), target = (u64)to;
    if (boxCount == MOST_BOXES) fail(COPIES, site);
    Box &b = boxes[boxCount];
    move(&b.map, map, sizeof b.map);
    for (int a = 0; a < axes; a++) b.at[a] = at[a];
    b.to = target; b.site = site; b.thread = (u16)currentThread; b.clock = current->clock;
    b.ring = ringAt((u64)barrier, site, true);
    if ((int)b.map.axes != axes || b.map.box[0] * b.map.elementBytes != 128) failRing(4, site, target);
    u64 bytes = boxBytes(b.map), last = b.map.address + b.map.extents[0] * b.map.elementBytes;
    for (u32 a = 1; a < b.map.axes; a++) last += (b.map.extents[a] - 1ull) * b.map.strides[a - 1];
    Region *source = checkPlace(b.map.address, last - b.map.address, 16, false, site);
    if (source->kind == SHARED) failAt(COPY_PLACE, site, b.map.address, 16, false);
    Region *r = checkPlace(target, bytes, 1024, true, site);
    if (r->kind != SHARED) failAt(COPY_PLACE, site, target, bytes, true);
    checkCells(r, target, bytes, true, site);
    for (u64 i = (target - r->begin) >> r->elementShift; i <= (target + bytes - 1 - r->begin) >> r->elementShift; i++) {
        r->cells[i].copier = (u32)currentThread + 1;
        r->cells[i].byBox = 1;
    }
    boxCount++;
    launch->copied += (i64)bytes;
}

HIDDEN void emulated_registers() { collective(GROUP_REGISTERS, SITE); }

/* ---- The grid */

HIDDEN __attribute__((used)) void emulated_main() {
    launch->kernel(launch->arguments);
    for (int i = 0; i < pendingProducts; i++) {
        if (products[i].warps == currentThread / GROUP_LANES) failPending(products[i], 2, products[i].site, 0, 0, false);
    }
    current->state = DONE;
    for (;;) yield();
}

static u64 random() {
    randomState ^= randomState << 13;
    randomState ^= randomState >> 7;
    randomState ^= randomState << 17;
    return randomState;
}

/* The i-th of n in the order of this seed: rising, falling, or from a random place in random strides. */
static i64 inOrder(i64 i, i64 n, u64 start, u64 stride) {
    if (launch->seed == 0) return i;
    if (launch->seed == 1) return n - 1 - i;
    return (i64)((start + (u64)i * stride) % (u64)n);
}

static u64 coprime(u64 n) {
    for (;;) {
        u64 candidate = random() % n + 1, a = candidate, b = n;
        while (b) { u64 rest = a % b; a = b; b = rest; }
        if (a == 1) return candidate;
    }
}

static void resume(int thread) {
    current = fibers + thread;
    currentThread = thread;
    threadIdx.x = current->x;
    threadIdx.y = current->y;
    threadIdx.z = current->z;
    emulated_switch(&hostStack, current->stackPointer);
    if (!launch->fault && *(u64 *)(current->stack) != CANARY) leave(STACK, current->site);
}

/* A thread that waits at a barrier of a ring for ever, where no other can run. */
static bool leaveAtRing() {
    if (*launch->status) return false;
    for (int i = 0; i < threads; i++) {
        if (fibers[i].state != AT_RING) continue;
        Ring &r = rings[fibers[i].ring];
        currentThread = i;
        leave(launch->stop ? STOPPED : RING_DEADLOCK, fibers[i].site);
        launch->address = (i64)r.address;
        launch->detail = r.missing;
        launch->bytes = r.bytes;
        launch->isWrite = fibers[i].parity;
        return true;
    }
    return false;
}

/* Releases the barrier when all have come to it; notes why they never will. False when the block is done or at fault. */
static bool release() {
    if (leaveAtRing()) return false;
    int waiting = -1, done = -1, collecting = -1;
    for (int i = 0; i < threads; i++) {
        int s = fibers[i].state;
        if (s == AT_BARRIER) {
            if (waiting >= 0 && fibers[waiting].line != fibers[i].line) {
                currentThread = waiting;
                leave(BARRIER_LINES, fibers[waiting].site);
                launch->line = fibers[waiting].line;
                launch->otherThread = i;
                launch->otherLine = fibers[i].line;
                return false;
            }
            waiting = waiting < 0 ? i : waiting;
        } else if (s == AT_RING) return false;
        else if (s == DONE) done = i;
        else collecting = i;
    }
    if (collecting >= 0) {
        int lanes = lanesOf(fibers[collecting].operation), first = collecting / lanes * lanes, other = first;
        while (fibers[other].state == AT_COLLECTIVE) other++;
        currentThread = collecting;
        leave(COLLECTIVE, fibers[collecting].site);
        launch->otherThread = other;
        launch->otherSite = fibers[other].state == DONE ? 0 : fibers[other].site;
        launch->detail = fibers[other].state;
        return false;
    }
    if (waiting < 0 || *launch->status) return false;
    if (done >= 0) {
        currentThread = waiting;
        leave(BARRIER_EXIT, fibers[waiting].site);
        launch->line = fibers[waiting].line;
        launch->otherThread = done;
        return false;
    }
    if (launch->stop) {
        currentThread = waiting;
        leave(STOPPED, fibers[waiting].site);
        return false;
    }
    launch->barriers++;
    epoch++;
    for (int i = 0; i < threads; i++) fibers[i].state = RUNNABLE;
    return true;
}

static void runBlock() {
    blockEpoch = ++epoch;
    freeCopy = -1;
    usedCopies = 0;
    pendingProducts = 0;
    if (ringCount) for (int t = 0; t < threads; t++) for (int o = 0; o < threads; o++) known[t][o] = 0;
    ringCount = boxCount = 0;
    for (int t = 0; t < threads; t++) {
        Fiber *f = fibers + t;
        f->stack = launch->stacks + (i64)t * (launch->stackBytes + ZONE) + ZONE;
        *(u64 *)f->stack = CANARY;
        f->state = RUNNABLE;
        f->x = (int)(t % launch->block[0]);
        f->y = (int)(t / launch->block[0] % launch->block[1]);
        f->z = (int)(t / launch->block[0] / launch->block[1]);
        f->depth = f->base = 0;
        f->group = 0;
        f->firstCopy = f->lastCopy = -1;
        f->warp = t / LANES;
        f->phase = 0;
        f->proxyFence = f->unfencedSince = 0;
        f->fenced = f->productGroup = 0;
        f->clock = 0;
        prepare(f, f->stack + launch->stackBytes);
    }
    do {
        for (bool any = true; any;) {
            any = false;
            u64 start = random(), stride = coprime((u64)threads);
            for (int i = 0; i < threads; i++) {
                int t = (int)inOrder(i, threads, start % (u64)threads, stride);
                if (fibers[t].state == AT_RING && isOver(fibers[t].ring, fibers[t].parity)) fibers[t].state = RUNNABLE;
                if (fibers[t].state == RUNNABLE) {
                    any = true;
                    resume(t);
                    if (launch->fault) return;
                }
            }
        }
    } while (release());
}

API void woodpecker_run(Launch *l) {
    launch = l;
    fibers = (Fiber *)l->fibers;
    copies = (Copy *)l->copies;
    threads = (int)(l->block[0] * l->block[1] * l->block[2]);
    lastRegion = 0;
    randomState = 0x9e3779b97f4a7c15ull * (u64)(l->seed + 1) | 1;
    epoch = (u32)l->epoch;
    launchEpoch = epoch + 1;
    i64 blocks = l->grid[0] * l->grid[1] * l->grid[2];
    u64 start = blocks ? random() % (u64)blocks : 0, stride = blocks ? coprime((u64)blocks) : 1;
    for (i64 i = 0; i < blocks && !l->fault && !*l->status; i++) {
        i64 b = inOrder(i, blocks, start, stride);
        blockIdx.x = (int)(b % l->grid[0]);
        blockIdx.y = (int)(b / l->grid[0] % l->grid[1]);
        blockIdx.z = (int)(b / l->grid[0] / l->grid[1]);
        runBlock();
    }
    l->epoch = epoch;
    launch = 0;
}

API i64 woodpecker_sizes(int what) {
    return what == 0 ? sizeof(Launch) : what == 1 ? sizeof(Fiber) : what == 2 ? sizeof(Copy) : sizeof(Cell);
}
