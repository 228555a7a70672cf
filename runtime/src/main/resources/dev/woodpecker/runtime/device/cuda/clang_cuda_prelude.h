// What nvcc declares by itself, for a clang that has no CUDA toolkit: included before every text that clang compiles to
// PTX. Names and meanings are those of the CUDA C++ Programming Guide; only what generated code uses is here.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __cluster_dims__(...) __attribute__((cluster_dims(__VA_ARGS__)))

#define WPK_DEVICE static __attribute__((device, always_inline)) inline

// nvcc declares this one and, portably, no other integer type: a text that uses int64_t does not compile with both.
typedef __SIZE_TYPE__ size_t;

// ---- Thread and block indices: each member is read from its special register.
#define WPK_INDEX(TYPE, REGISTER)                                                  \
    struct TYPE {                                                                  \
        __declspec(property(get = get_x)) unsigned int x;                          \
        __declspec(property(get = get_y)) unsigned int y;                          \
        __declspec(property(get = get_z)) unsigned int z;                          \
        WPK_DEVICE unsigned int get_x() { return __nvvm_read_ptx_sreg_##REGISTER##_x(); } \
        WPK_DEVICE unsigned int get_y() { return __nvvm_read_ptx_sreg_##REGISTER##_y(); } \
        WPK_DEVICE unsigned int get_z() { return __nvvm_read_ptx_sreg_##REGISTER##_z(); } \
    };
WPK_INDEX(wpk_thread_index, tid)
WPK_INDEX(wpk_block_index, ctaid)
WPK_INDEX(wpk_block_extent, ntid)
WPK_INDEX(wpk_grid_extent, nctaid)
#undef WPK_INDEX
extern const __device__ __attribute__((weak)) wpk_thread_index threadIdx;
extern const __device__ __attribute__((weak)) wpk_block_index blockIdx;
extern const __device__ __attribute__((weak)) wpk_block_extent blockDim;
extern const __device__ __attribute__((weak)) wpk_grid_extent gridDim;
#define warpSize 32

// ---- Vector types: loads and stores of 8 and 16 bytes.
#define WPK_VECTOR2(NAME, TYPE, BYTES)                                            \
    struct __attribute__((aligned(BYTES))) NAME { TYPE x, y; };                   \
    WPK_DEVICE NAME make_##NAME(TYPE x, TYPE y) { NAME v; v.x = x; v.y = y; return v; }
#define WPK_VECTOR4(NAME, TYPE, BYTES)                                            \
    struct __attribute__((aligned(BYTES))) NAME { TYPE x, y, z, w; };             \
    WPK_DEVICE NAME make_##NAME(TYPE x, TYPE y, TYPE z, TYPE w) {                 \
        NAME v; v.x = x; v.y = y; v.z = z; v.w = w; return v;                     \
    }
WPK_VECTOR2(float2, float, 8)
WPK_VECTOR2(int2, int, 8)
WPK_VECTOR2(uint2, unsigned int, 8)
WPK_VECTOR2(double2, double, 16)
WPK_VECTOR2(longlong2, long long, 16)
WPK_VECTOR4(float4, float, 16)
WPK_VECTOR4(int4, int, 16)
WPK_VECTOR4(uint4, unsigned int, 16)
WPK_VECTOR4(uchar4, unsigned char, 4)
WPK_VECTOR4(char4, signed char, 4)
#undef WPK_VECTOR2
#undef WPK_VECTOR4

// ---- Synchronisation.
WPK_DEVICE void __syncwarp(unsigned int mask = 0xffffffffu) { __nvvm_bar_warp_sync(mask); }
WPK_DEVICE void __threadfence() { __nvvm_membar_gl(); }
WPK_DEVICE void __threadfence_block() { __nvvm_membar_cta(); }

// ---- Shuffles and votes. The last operand of shfl.sync: segment mask in bits 8 to 12, clamp in bits 0 to 4.
#define WPK_SHUFFLE(NAME, TYPE, INTRINSIC, CLAMP)                                              \
    WPK_DEVICE TYPE NAME(unsigned int mask, TYPE value, int lane, int width = warpSize) {      \
        return INTRINSIC(mask, value, lane, ((warpSize - width) << 8) | CLAMP);                \
    }
#define WPK_SHUFFLES(NAME, KIND, CLAMP)                              \
    WPK_SHUFFLE(NAME, int, __nvvm_shfl_sync_##KIND##_i32, CLAMP)     \
    WPK_SHUFFLE(NAME, float, __nvvm_shfl_sync_##KIND##_f32, CLAMP)   \
    WPK_DEVICE unsigned int NAME(unsigned int mask, unsigned int value, int lane, int width = warpSize) { \
        return (unsigned int)NAME(mask, (int)value, lane, width);    \
    }
WPK_SHUFFLES(__shfl_sync, idx, 0x1f)
WPK_SHUFFLES(__shfl_up_sync, up, 0)
WPK_SHUFFLES(__shfl_down_sync, down, 0x1f)
WPK_SHUFFLES(__shfl_xor_sync, bfly, 0x1f)
#undef WPK_SHUFFLES
#undef WPK_SHUFFLE
WPK_DEVICE int __any_sync(unsigned int mask, int predicate) { return __nvvm_vote_any_sync(mask, predicate); }
WPK_DEVICE int __all_sync(unsigned int mask, int predicate) { return __nvvm_vote_all_sync(mask, predicate); }
WPK_DEVICE unsigned int __ballot_sync(unsigned int mask, int predicate) {
    return __nvvm_vote_ballot_sync(mask, predicate);
}

// ---- Atomics, relaxed, visible to the device.
WPK_DEVICE int atomicAdd(int *address, int value) { return __nvvm_atom_add_gen_i(address, value); }
WPK_DEVICE unsigned int atomicAdd(unsigned int *address, unsigned int value) {
    return (unsigned int)__nvvm_atom_add_gen_i((int *)address, (int)value);
}
WPK_DEVICE float atomicAdd(float *address, float value) { return __nvvm_atom_add_gen_f(address, value); }
WPK_DEVICE int atomicMax(int *address, int value) { return __nvvm_atom_max_gen_i(address, value); }
WPK_DEVICE int atomicMin(int *address, int value) { return __nvvm_atom_min_gen_i(address, value); }
WPK_DEVICE int atomicCAS(int *address, int expected, int value) {
    return __nvvm_atom_cas_gen_i(address, expected, value);
}
WPK_DEVICE int atomicExch(int *address, int value) { return __nvvm_atom_xchg_gen_i(address, value); }

// ---- Mathematics that is one instruction or a few; all else is arithmetic in the generated text.
WPK_DEVICE float fabsf(float x) { return __builtin_fabsf(x); }
WPK_DEVICE float sqrtf(float x) { return __nvvm_sqrt_rn_f(x); }
WPK_DEVICE float floorf(float x) { return __builtin_floorf(x); }
WPK_DEVICE float ceilf(float x) { return __builtin_ceilf(x); }
WPK_DEVICE float truncf(float x) { return __builtin_truncf(x); }
WPK_DEVICE float rintf(float x) { return __builtin_rintf(x); }
WPK_DEVICE float nearbyintf(float x) { return __builtin_rintf(x); }
WPK_DEVICE float copysignf(float x, float y) { return __builtin_copysignf(x, y); }
WPK_DEVICE float fminf(float x, float y) { return __builtin_fminf(x, y); }
WPK_DEVICE float fmaxf(float x, float y) { return __builtin_fmaxf(x, y); }
WPK_DEVICE float fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
WPK_DEVICE double fabs(double x) { return __builtin_fabs(x); }
WPK_DEVICE double sqrt(double x) { return __nvvm_sqrt_rn_d(x); }
WPK_DEVICE double floor(double x) { return __builtin_floor(x); }
WPK_DEVICE double ceil(double x) { return __builtin_ceil(x); }
WPK_DEVICE double trunc(double x) { return __builtin_trunc(x); }
WPK_DEVICE double rint(double x) { return __builtin_rint(x); }
WPK_DEVICE double fmin(double x, double y) { return __builtin_fmin(x, y); }
WPK_DEVICE double fmax(double x, double y) { return __builtin_fmax(x, y); }
WPK_DEVICE double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }

// ---- Single operations with a stated rounding: never contracted.
WPK_DEVICE float __fadd_rn(float x, float y) { return __nvvm_add_rn_f(x, y); }
WPK_DEVICE float __fmul_rn(float x, float y) { return __nvvm_mul_rn_f(x, y); }
WPK_DEVICE float __fdiv_rn(float x, float y) { return __nvvm_div_rn_f(x, y); }
WPK_DEVICE float __fsqrt_rn(float x) { return __nvvm_sqrt_rn_f(x); }
WPK_DEVICE float __fmaf_rn(float x, float y, float z) { return __nvvm_fma_rn_f(x, y, z); }

// ---- Bits.
WPK_DEVICE int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
WPK_DEVICE unsigned int __float_as_uint(float x) { return __builtin_bit_cast(unsigned int, x); }
WPK_DEVICE float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
WPK_DEVICE float __uint_as_float(unsigned int x) { return __builtin_bit_cast(float, x); }
WPK_DEVICE long long __double_as_longlong(double x) { return __builtin_bit_cast(long long, x); }
WPK_DEVICE double __longlong_as_double(long long x) { return __builtin_bit_cast(double, x); }
WPK_DEVICE int __popc(unsigned int x) { return __builtin_popcount(x); }
WPK_DEVICE int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned int)x); }

// ---- Address spaces.
WPK_DEVICE size_t __cvta_generic_to_shared(const void *pointer) {
    return (size_t)(__attribute__((address_space(3))) const void *)pointer;
}
template <typename T>
WPK_DEVICE T __ldg(const T *pointer) {
    return *pointer;
}

#undef WPK_DEVICE
