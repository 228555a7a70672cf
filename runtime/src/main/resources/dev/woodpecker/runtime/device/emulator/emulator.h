/*
 * Included before the text of a CUDA kernel, which then is C++ for the machine at hand: what CUDA's language has built
 * in, and a twin of each function that stands in PTX in prelude.cu. Needs no other header. emulator.cc does the work.
 */
#define WOODPECKER_EMULATOR

#define __global__ __attribute__((noinline))
#define __device__
#define __constant__
#define __launch_bounds__(...)
#define __grid_constant__
/* A call of its own, so that an access inside a function of the prelude has the line of the kernel that called it. */
#define __forceinline__ __attribute__((noinline, unused))

/* What a block shares is static here, since blocks run one after another; zones between the arrays belong to none. */
#define EMULATED_SECTION __attribute__((section(".bss.woodpecker_shared"), used, aligned(128)))
#define EMULATED_ZONE__(n) static EMULATED_SECTION char zone_##n[256]; static EMULATED_SECTION
#define EMULATED_ZONE_(n) EMULATED_ZONE__(n)
#define __shared__ EMULATED_ZONE_(__COUNTER__)

/* What the launch gives: an array at an offset starts at its double, so that the bytes behind each belong to none. */
struct EmulatedShared {
    unsigned char *start;
    unsigned char *operator+(long long offset) const { return start + 2 * offset; }
};
#define DYNAMIC_SHARED(name) const EmulatedShared name = {emulated_dynamic_shared()}

struct index3 { int x, y, z; };

extern "C" {
extern struct index3 threadIdx, blockIdx;
void emulated_begin();
void emulated_barrier(int line);
void emulated_copy(void *to, const void *from, int bytes, bool guard);
void emulated_commit();
void emulated_wait(int pending);
unsigned char *emulated_dynamic_shared();
unsigned emulated_shared_address(const void *p);
void emulated_matrices(unsigned *fragment, const void *row, int count, int transposed);
void emulated_product(void *sum, const unsigned *left, const unsigned *right, int kind);
void emulated_shuffle(void *to, const void *from, int distance);
void emulated_proxy_fence();
void emulated_group_fence();
void emulated_group_commit();
void emulated_group_wait(int pending);
void emulated_group_product(float *sum, const void *left, int left_leading, const void *right, int right_leading, int shape);
void emulated_ring_begin(unsigned long long *barrier, int arrivals);
void emulated_ring_arrive(unsigned long long *barrier, int expected_bytes);
bool emulated_ring_wait(unsigned long long *barrier, int parity);
void emulated_box(void *to, const void *map, const int *at, int axes, unsigned long long *barrier);
void emulated_registers();
float emulated_f32_from_f16(unsigned short x);
unsigned short emulated_f16_from_f32(float x);
}
#define __syncthreads() emulated_barrier(__LINE__)

#define TWIN static __attribute__((noinline, unused))
#define MATH_TWIN(name, T, t, builtin) TWIN T name##_##t(T x) { return builtin(x); }
MATH_TWIN(abs, float, f32, __builtin_fabsf)
MATH_TWIN(sqrt, float, f32, __builtin_sqrtf)
MATH_TWIN(floor, float, f32, __builtin_floorf)
MATH_TWIN(ceil, float, f32, __builtin_ceilf)
MATH_TWIN(rint, float, f32, __builtin_rintf)
MATH_TWIN(trunc, float, f32, __builtin_truncf)
/* To 2^-22, as the instruction; what is below the normal numbers is zero. */
TWIN float exp2_f32(float x) {
    if (!(x >= -126.0f)) return x != x ? x : 0.0f;
    if (x >= 128.0f) return __builtin_inff();
    int whole = (int)(x + 126.5f) - 126;
    double rest = (x - whole) * 0.69314718055994531;
    double sum = 1.0;
    for (int i = 10; i > 0; i--) sum = 1.0 + sum * rest / i;
    union { unsigned long long bits; double value; } scale = {(unsigned long long)(whole + 1023) << 52};
    return (float)(sum * scale.value);
}
MATH_TWIN(abs, double, f64, __builtin_fabs)
MATH_TWIN(sqrt, double, f64, __builtin_sqrt)
MATH_TWIN(floor, double, f64, __builtin_floor)
MATH_TWIN(ceil, double, f64, __builtin_ceil)
MATH_TWIN(rint, double, f64, __builtin_rint)
MATH_TWIN(trunc, double, f64, __builtin_trunc)
TWIN float f32_from_f16(unsigned short x) { return emulated_f32_from_f16(x); }
TWIN unsigned short f16_from_f32(float x) { return emulated_f16_from_f32(x); }

/* Halves away from zero; infinities and NaN stay. */
TWIN float tf32_from_f32(float x) {
    union { float value; unsigned bits; } u = {x};
    if ((u.bits & 0x7f800000) != 0x7f800000) u.bits = (u.bits + 0x1000) & 0xffffe000;
    return u.value;
}

TWIN void narrow_f16x2(unsigned *to, const float *from) {
    to[0] = f16_from_f32(from[0]) | (unsigned)f16_from_f32(from[1]) << 16;
}
/* To nearest, halves to even; NaN stays. */
TWIN void narrow_bf16x2(unsigned *to, const float *from) {
    to[0] = 0;
    for (int i = 0; i < 2; i++) {
        union { float value; unsigned bits; } u = {from[i]};
        unsigned rounded = u.bits + 0x7fff + (u.bits >> 16 & 1);
        unsigned isNan = (u.bits & 0x7fffffff) > 0x7f800000;
        to[0] |= (isNan ? 0x7fff : rounded >> 16) << 16 * i;
    }
}

TWIN int dot4_i32(int sum, int a, int b) {
    unsigned total = (unsigned)sum;
    for (int shift = 0; shift < 32; shift += 8) total += (unsigned)((a >> shift & 255) * (signed char)(b >> shift));
    return (int)total;
}

TWIN unsigned shared_address(const void *p) { return emulated_shared_address(p); }
TWIN void cp_async_4(void *to, const void *from, bool guard) { emulated_copy(to, from, 4, guard); }
TWIN void cp_async_8(void *to, const void *from, bool guard) { emulated_copy(to, from, 8, guard); }
TWIN void cp_async_16(void *to, const void *from, bool guard) { emulated_copy(to, from, 16, guard); }
TWIN void cp_async_commit() { emulated_commit(); }
template <int pending> TWIN void cp_async_wait() { emulated_wait(pending); }

/* Lane i gives the address of row i % 8 of matrix i / 8; with two matrices the upper lanes' addresses are ignored. */
TWIN void ldmatrix_x4(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    emulated_matrices(fragment, tile + lane % 16 * stride + lane / 16 * 8, 4, 0);
}
TWIN void ldmatrix_x2(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    emulated_matrices(fragment, tile + lane % 8 * stride + lane / 8 % 2 * 8, 2, 0);
}
TWIN void ldmatrix_x4_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    emulated_matrices(fragment, tile + (lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * 8, 4, 1);
}
TWIN void ldmatrix_x2_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    emulated_matrices(fragment, tile + lane % 16 * stride, 2, 1);
}
TWIN void ldmatrix_x2_tall(unsigned *fragment, const unsigned short *tile, int stride) {
    emulated_matrices(fragment, tile + (int)threadIdx.x % 16 * stride, 2, 0);
}
TWIN void ldmatrix_x2_tall_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    emulated_matrices(fragment, tile + lane % 8 * stride + lane / 8 % 2 * 8, 2, 1);
}
TWIN void ldmatrix_x1(unsigned *fragment, const unsigned short *tile, int stride) {
    emulated_matrices(fragment, tile + (int)threadIdx.x % 8 * stride, 1, 0);
}
TWIN void ldmatrix_x1_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    emulated_matrices(fragment, tile + (int)threadIdx.x % 8 * stride, 1, 1);
}
#define MATRICES_TWIN(T, t) \
    TWIN void ldmatrix_x4_##t(T *fragment, const T *tile, int stride) { \
        int lane = threadIdx.x % 32; \
        emulated_matrices((unsigned *)fragment, tile + lane % 16 * stride + lane / 16 * 4, 4, 0); \
    } \
    TWIN void ldmatrix_x2_##t(T *fragment, const T *tile, int stride) { \
        int lane = threadIdx.x % 32; \
        emulated_matrices((unsigned *)fragment, tile + lane % 8 * stride + lane / 8 % 2 * 4, 2, 0); \
    }
MATRICES_TWIN(float, f32)
MATRICES_TWIN(int, i32)
enum { PRODUCT_F16, PRODUCT_BF16, PRODUCT_TF32, PRODUCT_U8_S8, PRODUCT_S8_U8 };
TWIN void mma_m16n8k16_f32_f16(float *sum, const unsigned *left, const unsigned *right) {
    emulated_product(sum, left, right, PRODUCT_F16);
}
TWIN void mma_m16n8k16_f32_bf16(float *sum, const unsigned *left, const unsigned *right) {
    emulated_product(sum, left, right, PRODUCT_BF16);
}
/* Half as deep: what lies beyond is zero. */
TWIN void mma_m16n8k8_f32_f16(float *sum, const unsigned *left, const unsigned *right) {
    const unsigned deep_left[4] = {left[0], left[1], 0, 0}, deep_right[2] = {right[0], 0};
    emulated_product(sum, deep_left, deep_right, PRODUCT_F16);
}
TWIN void mma_m16n8k8_f32_tf32(float *sum, const float *left, const float *right) {
    emulated_product(sum, (const unsigned *)left, (const unsigned *)right, PRODUCT_TF32);
}
TWIN void mma_m16n8k32_i32_u8_s8(int *sum, const int *left, const int *right) {
    emulated_product(sum, (const unsigned *)left, (const unsigned *)right, PRODUCT_U8_S8);
}
TWIN void mma_m16n8k32_i32_s8_u8(int *sum, const int *left, const int *right) {
    emulated_product(sum, (const unsigned *)left, (const unsigned *)right, PRODUCT_S8_U8);
}

#define SHUFFLE_TWIN(distance, T, t) \
    TWIN void shfl_xor_##distance##_##t(T *to, const T *from) { emulated_shuffle(to, from, distance); }
SHUFFLE_TWIN(16, float, f32)
SHUFFLE_TWIN(8, float, f32)
SHUFFLE_TWIN(4, float, f32)
SHUFFLE_TWIN(2, float, f32)
SHUFFLE_TWIN(1, float, f32)
SHUFFLE_TWIN(16, int, i32)
SHUFFLE_TWIN(8, int, i32)
SHUFFLE_TWIN(4, int, i32)
SHUFFLE_TWIN(2, int, i32)
SHUFFLE_TWIN(1, int, i32)

/* The shape of a product of a group of warps: its columns, its type, which operands go along the side of the result. */
#define GROUP_PRODUCT_TWIN(n, t, type, name, left_side, right_side) \
    TWIN void wgmma_m64n##n##k16_f32_##t##_##name( \
            float *sum, const unsigned short *left, int left_stride, const unsigned short *right, int right_stride) { \
        emulated_group_product(sum, left, 2 * left_stride, right, 2 * right_stride, \
                               n | type << 16 | left_side << 18 | right_side << 19); \
    }
#define GROUP_PRODUCT_TWINS(n, t, type) \
    GROUP_PRODUCT_TWIN(n, t, type, kk, 0, 0) \
    GROUP_PRODUCT_TWIN(n, t, type, km, 0, 1) \
    GROUP_PRODUCT_TWIN(n, t, type, mk, 1, 0) \
    GROUP_PRODUCT_TWIN(n, t, type, mm, 1, 1)
GROUP_PRODUCT_TWINS(64, f16, PRODUCT_F16)
GROUP_PRODUCT_TWINS(128, f16, PRODUCT_F16)
GROUP_PRODUCT_TWINS(256, f16, PRODUCT_F16)
GROUP_PRODUCT_TWINS(64, bf16, PRODUCT_BF16)
GROUP_PRODUCT_TWINS(128, bf16, PRODUCT_BF16)
GROUP_PRODUCT_TWINS(256, bf16, PRODUCT_BF16)
TWIN void fence_proxy_async() { emulated_proxy_fence(); }
TWIN void wgmma_fence() { emulated_group_fence(); }
TWIN void wgmma_commit() { emulated_group_commit(); }
TWIN void wgmma_wait_0() { emulated_group_wait(0); }
TWIN void wgmma_wait_1() { emulated_group_wait(1); }

/* A parameter of a kernel; BoxMap of emulator.cc. */
struct __attribute__((aligned(64))) TensorMap { unsigned long long bits[16]; };
TWIN void mbarrier_init(unsigned long long *barrier, int arrivals) { emulated_ring_begin(barrier, arrivals); }
TWIN void mbarrier_arrive(unsigned long long *barrier) { emulated_ring_arrive(barrier, 0); }
TWIN void mbarrier_expect_tx(unsigned long long *barrier, int bytes) { emulated_ring_arrive(barrier, bytes); }
TWIN bool mbarrier_try_wait(unsigned long long *barrier, int parity) { return emulated_ring_wait(barrier, parity); }
TWIN void tma_load_2d(void *to, const TensorMap *map, int x, int y, unsigned long long *barrier) {
    int at[] = {x, y};
    emulated_box(to, map, at, 2, barrier);
}
TWIN void tma_load_3d(void *to, const TensorMap *map, int x, int y, int z, unsigned long long *barrier) {
    int at[] = {x, y, z};
    emulated_box(to, map, at, 3, barrier);
}
TWIN void setmaxnreg_dec_40() { emulated_registers(); }
TWIN void setmaxnreg_inc_232() { emulated_registers(); }

/* How the emulator calls a kernel of any parameters: pointers, 64-bit integers, and what a pointer to it is given for. */
template <class A> struct EmulatedArgument {
    static A of(unsigned long long a) { return (A)a; }
};
template <> struct EmulatedArgument<TensorMap> {
    static const TensorMap &of(unsigned long long a) { return *(const TensorMap *)a; }
};
template <int... I> struct EmulatedIndices {};
template <int n, int... I> struct EmulatedCount : EmulatedCount<n - 1, n - 1, I...> {};
template <int... I> struct EmulatedCount<0, I...> { typedef EmulatedIndices<I...> type; };
template <class... A, int... I>
void emulated_apply(void (*kernel)(A...), const unsigned long long *a, EmulatedIndices<I...>) {
    emulated_begin();
    kernel(EmulatedArgument<A>::of(a[I])...);
}
template <class... A> void emulated_call(void (*kernel)(A...), const unsigned long long *arguments) {
    emulated_apply(kernel, arguments, typename EmulatedCount<sizeof...(A)>::type());
}
#define EMULATED_ENTRY(kernel) \
    extern "C" __attribute__((visibility("default"))) void entry_##kernel(const unsigned long long *a) { \
        emulated_call(kernel, a); \
    }
