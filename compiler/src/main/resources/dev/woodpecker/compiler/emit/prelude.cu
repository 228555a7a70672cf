#ifndef WOODPECKER_EMULATOR
#ifdef __clang__
/* clang compiles CUDA without the toolkit's headers: what the other compilers have built in. */
#pragma clang diagnostic ignored "-Wunused-function"
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __grid_constant__ __attribute__((grid_constant))
struct index3 { int x, y, z; };
#define threadIdx (index3{__nvvm_read_ptx_sreg_tid_x(), __nvvm_read_ptx_sreg_tid_y(), __nvvm_read_ptx_sreg_tid_z()})
#define blockIdx (index3{__nvvm_read_ptx_sreg_ctaid_x(), __nvvm_read_ptx_sreg_ctaid_y(), __nvvm_read_ptx_sreg_ctaid_z()})
#endif
/* Shared memory beyond what a kernel may declare; the launch says how much. */
#define DYNAMIC_SHARED(name) extern __shared__ unsigned char name[] __attribute__((aligned(1024)))
#endif /* An emulator has its own of what stands between #ifndef WOODPECKER_EMULATOR and #endif, and executes the rest. */
#define INLINE static __device__ __forceinline__
#define ALIGNED(bytes) __attribute__((aligned(bytes)))

/* The same bits as another type. */
#define BITS(T, t, S, s) \
    INLINE T t##_bits_of_##s(S x) { union { S from; T to; } u = {x}; return u.to; }
BITS(int, i32, float, f32)
BITS(unsigned int, u32, float, f32)
BITS(float, f32, int, i32)
BITS(float, f32, unsigned int, u32)
BITS(long long, i64, double, f64)
BITS(unsigned long long, u64, double, f64)
BITS(double, f64, long long, i64)
BITS(double, f64, unsigned long long, u64)
#define INFINITY_F32 f32_bits_of_i32(0x7f800000)
#define NAN_F32 f32_bits_of_i32(0x7fc00000)
#define INFINITY_F64 f64_bits_of_i64(0x7ff0000000000000ll)
#define NAN_F64 f64_bits_of_i64(0x7ff8000000000000ll)

/* Wrapping integer arithmetic; a division by zero, which a check excludes, is 0. */
#define WRAPPING(T, t, U) \
    INLINE T add_##t(T a, T b) { return (T)((U)a + (U)b); } \
    INLINE T sub_##t(T a, T b) { return (T)((U)a - (U)b); } \
    INLINE T mul_##t(T a, T b) { return (T)((U)a * (U)b); } \
    INLINE T neg_##t(T a) { return (T)(0 - (U)a); } \
    INLINE T shl_##t(T a, T n) { return (T)((U)a << (n & (8 * (int)sizeof a - 1))); } \
    INLINE T shr_##t(T a, T n) { return a >> (n & (8 * (int)sizeof a - 1)); } \
    INLINE T min_##t(T a, T b) { return a < b ? a : b; } \
    INLINE T max_##t(T a, T b) { return a > b ? a : b; }
#define SIGNED(T, t, U) \
    WRAPPING(T, t, U) \
    INLINE T div_##t(T a, T b) { return b == 0 ? 0 : b == -1 ? neg_##t(a) : a / b; } \
    INLINE T rem_##t(T a, T b) { return b == 0 || b == -1 ? 0 : a % b; }
#define UNSIGNED(T, t) \
    WRAPPING(T, t, T) \
    INLINE T div_##t(T a, T b) { return b == 0 ? 0 : a / b; } \
    INLINE T rem_##t(T a, T b) { return b == 0 ? 0 : a % b; }
SIGNED(int, i32, unsigned int)
SIGNED(long long, i64, unsigned long long)
UNSIGNED(unsigned int, u32)
UNSIGNED(unsigned long long, u64)

#ifndef WOODPECKER_EMULATOR
/* One instruction of the processor each. */
#define INSTRUCTION(name, T, t, code, r) \
    INLINE T name##_##t(T x) { T y; asm(code " %0, %1;" : "=" r(y) : r(x)); return y; }
INSTRUCTION(abs, float, f32, "abs.f32", "f")
INSTRUCTION(sqrt, float, f32, "sqrt.rn.f32", "f")
INSTRUCTION(floor, float, f32, "cvt.rmi.f32.f32", "f")
INSTRUCTION(ceil, float, f32, "cvt.rpi.f32.f32", "f")
INSTRUCTION(rint, float, f32, "cvt.rni.f32.f32", "f")
INSTRUCTION(trunc, float, f32, "cvt.rzi.f32.f32", "f")
INSTRUCTION(exp2, float, f32, "ex2.approx.ftz.f32", "f")
INSTRUCTION(abs, double, f64, "abs.f64", "d")
INSTRUCTION(sqrt, double, f64, "sqrt.rn.f64", "d")
INSTRUCTION(floor, double, f64, "cvt.rmi.f64.f64", "d")
INSTRUCTION(ceil, double, f64, "cvt.rpi.f64.f64", "d")
INSTRUCTION(rint, double, f64, "cvt.rni.f64.f64", "d")
INSTRUCTION(trunc, double, f64, "cvt.rzi.f64.f64", "d")
/* Adds the products of four bytes each, those of a without sign. */
INLINE int dot4_i32(int sum, int a, int b) { int y; asm("dp4a.u32.s32 %0, %1, %2, %3;" : "=r"(y) : "r"(a), "r"(b), "r"(sum)); return y; }
INLINE float f32_from_f16(unsigned short x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
INLINE unsigned short f16_from_f32(float x) { unsigned short y; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
/* Rounds to 10 bits of mantissa, which is what tensor cores read of a float. */
INLINE float tf32_from_f32(float x) { unsigned int y; asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x)); return f32_bits_of_u32(y); }
#endif

/* Java's minimum, maximum and remainder of floats. */
#define EXTREMES(T, t, I, i) \
    INLINE T min_##t(T a, T b) { return a < b || a != a ? a : a != b ? b : i##_bits_of_##t(a) < 0 ? a : b; } \
    INLINE T max_##t(T a, T b) { return a > b || a != a ? a : a != b ? b : i##_bits_of_##t(a) < 0 ? b : a; } \
    INLINE T rem_##t(T a, T b) { \
        T x = abs_##t(a), y = abs_##t(b); \
        if (x != x || y != y || y == 0 || x - x != 0) return (a * b) / (a * b); \
        while (x >= y) { \
            T step = y; \
            while (step <= x - step) step += step; \
            x -= step; \
        } \
        return i##_bits_of_##t(a) < 0 ? -x : x; \
    }
EXTREMES(float, f32, int, i32)
EXTREMES(double, f64, long long, i64)

/* Java's narrowing of floats: NaN is 0, values beyond the range are its ends. */
#define NARROWING(T, t, low, high) \
    INLINE T t##_from_f32(float x) { return x != x ? 0 : x >= (float)(high) ? (high) : x <= (float)(low) ? (low) : (T)x; } \
    INLINE T t##_from_f64(double x) { return x != x ? 0 : x >= (double)(high) ? (high) : x <= (double)(low) ? (low) : (T)x; }
NARROWING(signed char, i8, -128, 127)
NARROWING(unsigned char, u8, 0, 255)
NARROWING(short, i16, -32768, 32767)
NARROWING(unsigned short, u16, 0, 65535)
NARROWING(int, i32, -0x7fffffff - 1, 0x7fffffff)
NARROWING(unsigned int, u32, 0u, 0xffffffffu)
NARROWING(long long, i64, -0x7fffffffffffffffll - 1, 0x7fffffffffffffffll)
NARROWING(unsigned long long, u64, 0ull, 0xffffffffffffffffull)

/* Neighbouring elements that one instruction loads or stores, at a multiple of their size. */
#define WIDE(T, t, lanes) \
    struct ALIGNED(sizeof(T) * lanes) t##x##lanes { T lane[lanes]; }; \
    INLINE t##x##lanes load_##t##x##lanes(const T *from) { return *(const t##x##lanes *)from; } \
    INLINE void store_##t##x##lanes(T *to, t##x##lanes value) { *(t##x##lanes *)to = value; } \
    INLINE t##x##lanes splat_##t##x##lanes(T x) { \
        t##x##lanes value; \
        for (int i = 0; i < lanes; i++) value.lane[i] = x; \
        return value; \
    }
#define WIDE_BYTES(T, t) WIDE(T, t, 4) WIDE(T, t, 8) WIDE(T, t, 16)
#define WIDE_HALVES(T, t) WIDE(T, t, 2) WIDE(T, t, 4) WIDE(T, t, 8)
#define WIDE_WORDS(T, t) WIDE(T, t, 2) WIDE(T, t, 4)
WIDE_BYTES(signed char, i8)
WIDE_BYTES(unsigned char, u8)
WIDE_HALVES(short, i16)
WIDE_HALVES(unsigned short, u16)
WIDE_HALVES(unsigned short, f16)
WIDE_HALVES(unsigned short, bf16)
WIDE_WORDS(int, i32)
WIDE_WORDS(unsigned int, u32)
WIDE_WORDS(float, f32)
WIDE(long long, i64, 2)
WIDE(unsigned long long, u64, 2)
WIDE(double, f64, 2)

#ifndef WOODPECKER_EMULATOR
/* Gives each lane of a warp the value of the lane whose number differs in one bit. */
#define SHFL_XOR(distance, T, t, r) \
    INLINE void shfl_xor_##distance##_##t(T *to, const T *from) { \
        asm volatile("shfl.sync.bfly.b32 %0, %1, " #distance ", 31, 0xffffffff;" : "=" r(to[0]) : r(from[0])); \
    }
SHFL_XOR(16, float, f32, "f")
SHFL_XOR(8, float, f32, "f")
SHFL_XOR(4, float, f32, "f")
SHFL_XOR(2, float, f32, "f")
SHFL_XOR(1, float, f32, "f")
SHFL_XOR(16, int, i32, "r")
SHFL_XOR(8, int, i32, "r")
SHFL_XOR(4, int, i32, "r")
SHFL_XOR(2, int, i32, "r")
SHFL_XOR(1, int, i32, "r")
/* Two values rounded to the halves of a register, the first in the lower one. */
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define NARROW(t) \
    INLINE void narrow_##t##x2(unsigned *to, const float *from) { \
        asm("cvt.rn." #t "x2.f32 %0, %1, %2;" : "=r"(to[0]) : "f"(from[1]), "f"(from[0])); \
    }
NARROW(f16)
NARROW(bf16)
#endif

/* Asynchronous copies from global to shared memory, zeros where the guard does not hold; made at once before sm_80. */
INLINE unsigned shared_address(const void *p) {
    unsigned address;
    asm("{ .reg .u64 wide; cvta.to.shared.u64 wide, %1; cvt.u32.u64 %0, wide; }" : "=r"(address) : "l"(p));
    return address;
}
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define CP_ASYNC(bytes, cache) \
    INLINE void cp_async_##bytes(void *to, const void *from, bool guard) { \
        asm volatile("cp.async." cache ".shared.global [%0], [%1], " #bytes ", %2;" \
                     : : "r"(shared_address(to)), "l"(from), "r"(guard ? bytes : 0) : "memory"); \
    }
CP_ASYNC(4, "ca")
CP_ASYNC(8, "ca")
CP_ASYNC(16, "cg")
INLINE void cp_async_commit() { asm volatile("cp.async.commit_group;" : : : "memory"); }
template <int pending> INLINE void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" : : "n"(pending) : "memory");
}
#else
#define CP_ASYNC(bytes) \
    INLINE void cp_async_##bytes(void *to, const void *from, bool guard) { \
        for (int i = 0; i < bytes / 4; i++) ((int *)to)[i] = guard ? ((const int *)from)[i] : 0; \
    }
CP_ASYNC(4)
CP_ASYNC(8)
CP_ASYNC(16)
INLINE void cp_async_commit() {}
template <int pending> INLINE void cp_async_wait() {}
#endif

/*
 * Tensor cores. Tiles of halves in shared memory, row-major, to the registers of a warp: lane i gives the address of
 * row i % 8 of the 8x8 matrix i / 8, and gets of each matrix two neighbours of row lane / 4.
 */
INLINE void ldmatrix_x4(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
                 : "r"(shared_address(tile + lane % 16 * stride + lane / 16 * 8)) : "memory");
}
INLINE void ldmatrix_x2(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(fragment[0]), "=r"(fragment[1])
                 : "r"(shared_address(tile + lane % 8 * stride + lane / 8 % 2 * 8)) : "memory");
}
/* The same of tiles whose rows in memory are columns of the operand: each matrix is transposed on the way. */
INLINE void ldmatrix_x4_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
                 : "r"(shared_address(tile + (lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * 8)) : "memory");
}
INLINE void ldmatrix_x2_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(fragment[0]), "=r"(fragment[1])
                 : "r"(shared_address(tile + lane % 16 * stride)) : "memory");
}
/* Tiles 8 deep, which are all that Turing multiplies. */
INLINE void ldmatrix_x2_tall(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(fragment[0]), "=r"(fragment[1])
                 : "r"(shared_address(tile + lane % 16 * stride)) : "memory");
}
INLINE void ldmatrix_x2_tall_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(fragment[0]), "=r"(fragment[1])
                 : "r"(shared_address(tile + lane % 8 * stride + lane / 8 % 2 * 8)) : "memory");
}
INLINE void ldmatrix_x1(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
                 : "=r"(fragment[0]) : "r"(shared_address(tile + lane % 8 * stride)) : "memory");
}
INLINE void ldmatrix_x1_trans(unsigned *fragment, const unsigned short *tile, int stride) {
    int lane = threadIdx.x % 32;
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
                 : "=r"(fragment[0]) : "r"(shared_address(tile + lane % 8 * stride)) : "memory");
}

/* Tiles of words: each is two of the neighbours that the instruction speaks of. */
#define LDMATRIX_WORDS(T, t, r) \
    INLINE void ldmatrix_x4_##t(T *fragment, const T *tile, int stride) { \
        int lane = threadIdx.x % 32; \
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" \
                     : "=" r(fragment[0]), "=" r(fragment[1]), "=" r(fragment[2]), "=" r(fragment[3]) \
                     : "r"(shared_address(tile + lane % 16 * stride + lane / 16 * 4)) : "memory"); \
    } \
    INLINE void ldmatrix_x2_##t(T *fragment, const T *tile, int stride) { \
        int lane = threadIdx.x % 32; \
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" \
                     : "=" r(fragment[0]), "=" r(fragment[1]) \
                     : "r"(shared_address(tile + lane % 8 * stride + lane / 8 % 2 * 4)) : "memory"); \
    }
LDMATRIX_WORDS(float, f32, "f")
LDMATRIX_WORDS(int, i32, "r")

/* sum += left * right, of a tile of 16 x 8 results. */
#define MMA_M16N8K16(t) \
    INLINE void mma_m16n8k16_f32_##t(float *sum, const unsigned *left, const unsigned *right) { \
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." #t "." #t ".f32 " \
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
                     : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]) \
                     : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1])); \
    }
MMA_M16N8K16(f16)
MMA_M16N8K16(bf16)
INLINE void mma_m16n8k8_f32_f16(float *sum, const unsigned *left, const unsigned *right) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(left[0]), "r"(left[1]), "r"(right[0]));
}
INLINE void mma_m16n8k8_f32_tf32(float *sum, const float *left, const float *right) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(u32_bits_of_f32(left[0])), "r"(u32_bits_of_f32(left[1])), "r"(u32_bits_of_f32(left[2])),
                   "r"(u32_bits_of_f32(left[3])), "r"(u32_bits_of_f32(right[0])), "r"(u32_bits_of_f32(right[1])));
}
/* Of bytes, four in a word. */
#define MMA_M16N8K32(a, b) \
    INLINE void mma_m16n8k32_i32_##a##_##b(int *sum, const int *left, const int *right) { \
        asm volatile("mma.sync.aligned.m16n8k32.row.col.s32." #a "." #b ".s32 " \
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
                     : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3]) \
                     : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1])); \
    }
MMA_M16N8K32(u8, s8)
MMA_M16N8K32(s8, u8)

/*
 * Tensor cores of Hopper, sm_90a: a group of four warps multiplies tiles in shared memory, rows of 128 bytes whose pieces of
 * 16 bytes are exchanged, asynchronously. A descriptor (PTX ISA, "Matrix Descriptor Format") says where a tile starts, how
 * far apart groups of 64 elements are where they go along the side of the result, and that 8 rows are 1024 bytes.
 */
#define MATRIX_DESCRIPTOR(tile, leading_bytes) \
    (1ull << 62 | 1024ull / 16 << 32 | (unsigned long long)((leading_bytes) / 16) << 16 | (shared_address(tile) & 0x3ffff) / 16)
#define SUMS_4(sum, i) "+f"(sum[i]), "+f"(sum[i + 1]), "+f"(sum[i + 2]), "+f"(sum[i + 3])
#define SUMS_16(sum, i) SUMS_4(sum, i), SUMS_4(sum, i + 4), SUMS_4(sum, i + 8), SUMS_4(sum, i + 12)
#define WGMMA_M64N64K16(t, name, left_side, right_side) \
    INLINE void wgmma_m64n64k16_f32_##t##_##name( \
            float *sum, const unsigned short *left, int left_stride, const unsigned short *right, int right_stride) { \
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32." #t "." #t " " \
                     "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
                     "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, " \
                     "%32, %33, 1, 1, 1, " #left_side ", " #right_side ";" \
                     : SUMS_16(sum, 0), SUMS_16(sum, 16) \
                     : "l"(MATRIX_DESCRIPTOR(left, left_side ? 2 * left_stride : 16)), \
                       "l"(MATRIX_DESCRIPTOR(right, right_side ? 2 * right_stride : 16)) : "memory"); \
    }
WGMMA_M64N64K16(f16, kk, 0, 0)
WGMMA_M64N64K16(f16, km, 0, 1)
WGMMA_M64N64K16(f16, mk, 1, 0)
WGMMA_M64N64K16(f16, mm, 1, 1)
WGMMA_M64N64K16(bf16, kk, 0, 0)
WGMMA_M64N64K16(bf16, km, 0, 1)
WGMMA_M64N64K16(bf16, mk, 1, 0)
WGMMA_M64N64K16(bf16, mm, 1, 1)
#define WGMMA_M64N128K16(t, name, left_side, right_side) \
    INLINE void wgmma_m64n128k16_f32_##t##_##name( \
            float *sum, const unsigned short *left, int left_stride, const unsigned short *right, int right_stride) { \
        asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32." #t "." #t " " \
                     "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
                     "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
                     "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
                     "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, " \
                     "%64, %65, 1, 1, 1, " #left_side ", " #right_side ";" \
                     : SUMS_16(sum, 0), SUMS_16(sum, 16), SUMS_16(sum, 32), SUMS_16(sum, 48) \
                     : "l"(MATRIX_DESCRIPTOR(left, left_side ? 2 * left_stride : 16)), \
                       "l"(MATRIX_DESCRIPTOR(right, right_side ? 2 * right_stride : 16)) : "memory"); \
    }
WGMMA_M64N128K16(f16, kk, 0, 0)
WGMMA_M64N128K16(f16, km, 0, 1)
WGMMA_M64N128K16(f16, mk, 1, 0)
WGMMA_M64N128K16(f16, mm, 1, 1)
WGMMA_M64N128K16(bf16, kk, 0, 0)
WGMMA_M64N128K16(bf16, km, 0, 1)
WGMMA_M64N128K16(bf16, mk, 1, 0)
WGMMA_M64N128K16(bf16, mm, 1, 1)
#define WGMMA_M64N256K16(t, name, left_side, right_side) \
    INLINE void wgmma_m64n256k16_f32_##t##_##name( \
            float *sum, const unsigned short *left, int left_stride, const unsigned short *right, int right_stride) { \
        asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32." #t "." #t " " \
                     "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
                     "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
                     "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
                     "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, " \
                     "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
                     "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
                     "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
                     "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, " \
                     "%128, %129, 1, 1, 1, " #left_side ", " #right_side ";" \
                     : SUMS_16(sum, 0), SUMS_16(sum, 16), SUMS_16(sum, 32), SUMS_16(sum, 48), \
                       SUMS_16(sum, 64), SUMS_16(sum, 80), SUMS_16(sum, 96), SUMS_16(sum, 112) \
                     : "l"(MATRIX_DESCRIPTOR(left, left_side ? 2 * left_stride : 16)), \
                       "l"(MATRIX_DESCRIPTOR(right, right_side ? 2 * right_stride : 16)) : "memory"); \
    }
WGMMA_M64N256K16(f16, kk, 0, 0)
WGMMA_M64N256K16(f16, km, 0, 1)
WGMMA_M64N256K16(f16, mk, 1, 0)
WGMMA_M64N256K16(f16, mm, 1, 1)
WGMMA_M64N256K16(bf16, kk, 0, 0)
WGMMA_M64N256K16(bf16, km, 0, 1)
WGMMA_M64N256K16(bf16, mk, 1, 0)
WGMMA_M64N256K16(bf16, mm, 1, 1)
/* What threads wrote or copied to shared memory is seen by instructions that read it asynchronously. */
INLINE void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" : : : "memory"); }
/* Orders what was written to sums before products, ends a group of products, waits for all but the last groups. */
INLINE void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" : : : "memory"); }
INLINE void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" : : : "memory"); }
INLINE void wgmma_wait_0() { asm volatile("wgmma.wait_group.sync.aligned 0;" : : : "memory"); }
INLINE void wgmma_wait_1() { asm volatile("wgmma.wait_group.sync.aligned 1;" : : : "memory"); }

/* What the driver makes of a tensor's address and extents, for copies of boxes of it: CUtensorMap of cuda.h. */
struct ALIGNED(64) TensorMap { unsigned long long bits[16]; };
/*
 * Barriers in shared memory, each with two phases in turn: one is over when so many threads have arrived as its beginning
 * says, and so many bytes as they expect. The phase before the first is over, and of parity 1.
 */
INLINE void mbarrier_init(unsigned long long *barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" : : "r"(shared_address(barrier)), "r"(arrivals) : "memory");
}
INLINE void mbarrier_arrive(unsigned long long *barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" : : "r"(shared_address(barrier)) : "memory");
}
INLINE void mbarrier_expect_tx(unsigned long long *barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" : : "r"(shared_address(barrier)), "r"(bytes) : "memory");
}
INLINE bool mbarrier_try_wait(unsigned long long *barrier, int parity) {
    unsigned over;
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(over) : "r"(shared_address(barrier)), "r"(parity) : "memory");
    return over;
}
/* A box of a tensor, whose innermost axis comes first, to rows of 128 bytes; its bytes arrive at the barrier. */
INLINE void tma_load_2d(void *to, const TensorMap *map, int x, int y, unsigned long long *barrier) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
                 : : "r"(shared_address(to)), "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y) : "memory");
}
INLINE void tma_load_3d(void *to, const TensorMap *map, int x, int y, int z, unsigned long long *barrier) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
                 : : "r"(shared_address(to)), "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "r"(z) : "memory");
}
/* The registers of each thread of a group of warps: one that copies leaves them to those that multiply. */
#define SETMAXNREG(verb, count) \
    INLINE void setmaxnreg_##verb##_##count() { asm volatile("setmaxnreg." #verb ".sync.aligned.u32 " #count ";" : : : "memory"); }
SETMAXNREG(dec, 40)
SETMAXNREG(inc, 232)
#endif
