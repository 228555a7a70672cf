#pragma GCC diagnostic ignored "-Wpsabi"
typedef __INT8_TYPE__ int8_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __INT16_TYPE__ int16_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __INT32_TYPE__ int32_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT64_TYPE__ uint64_t;
#define INLINE static inline __attribute__((always_inline))
#define INFINITY_F32 __builtin_inff()
#define NAN_F32 __builtin_nanf("")
#define INFINITY_F64 __builtin_inf()
#define NAN_F64 __builtin_nan("")
// DENORMALS_ARE_ZEROS holds, for operands and results, until the function that says it returns, by whichever way: Java's own
// setting is put back. Setting it counts as an access to all memory, so no load moves up across it and no store down.
#if defined(__x86_64__)
// MXCSR (Intel's manual, volume 1, 10.2.3): bit 15 is for results, bit 6 for operands.
typedef uint32_t FloatControl;
#define DENORMAL_BITS 0x8040u
INLINE FloatControl float_control(void) { FloatControl c; __asm__ volatile("stmxcsr %0" : "=m"(c)); return c; }
INLINE void set_float_control(const FloatControl *c) { __asm__ volatile("ldmxcsr %0" : : "m"(*c) : "memory"); }
#elif defined(__aarch64__)
// FPCR (Arm's manual, C5.2.8): bit 24 is for both.
typedef uint64_t FloatControl;
#define DENORMAL_BITS ((FloatControl)1 << 24)
INLINE FloatControl float_control(void) { FloatControl c; __asm__ volatile("mrs %0, fpcr" : "=r"(c)); return c; }
INLINE void set_float_control(const FloatControl *c) { __asm__ volatile("msr fpcr, %0" : : "r"(*c) : "memory"); }
#endif
#ifdef DENORMAL_BITS
INLINE FloatControl without_denormals(void) {
    const FloatControl found = float_control(), zeros = found | DENORMAL_BITS;
    set_float_control(&zeros);
    return found;
}
#define DENORMALS_ARE_ZEROS \
    __attribute__((cleanup(set_float_control))) const FloatControl float_control_found = without_denormals()
#else
#define DENORMALS_ARE_ZEROS (void)0
#endif

typedef float f32x8 __attribute__((vector_size(32)));
typedef float f32x8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef int32_t i32x8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
INLINE f32x8 splat_f32x8(float x) { return x - (f32x8){0}; }
INLINE f32x8 load_f32x8(const float *p) { return *(const f32x8_unaligned *)p; }
INLINE void store_f32x8(float *p, f32x8 x) { *(f32x8_unaligned *)p = x; }

/*
 * matmul  (cpu:x86-64-v3, fp32)
 *   input a: f32[20, 30]
 *   input b: f32[30, 32]
 *   output c: f32[20, 32]
 */

int32_t matmul(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
    const float *a = (const float *)buffers[0];
    const float *b = (const float *)buffers[1];
    float *c = (float *)buffers[2];
    (void)params; (void)scratch;
    DENORMALS_ARE_ZEROS;
    for (int64_t i_o = begin; i_o < end; i_o++) {
        for (int64_t j_o = 0; j_o < 2; j_o++) {
            const int64_t c_at = i_o * 128 + j_o * 16;
            f32x8 acc_0_0 = splat_f32x8(0.0f); /* Sample.java:3 */
            f32x8 acc_0_1 = splat_f32x8(0.0f);
            f32x8 acc_1_0 = splat_f32x8(0.0f);
            f32x8 acc_1_1 = splat_f32x8(0.0f);
            f32x8 acc_2_0 = splat_f32x8(0.0f);
            f32x8 acc_2_1 = splat_f32x8(0.0f);
            f32x8 acc_3_0 = splat_f32x8(0.0f);
            f32x8 acc_3_1 = splat_f32x8(0.0f);
            for (int64_t k = 0; k < 30; k++) {
                const int64_t a_at = i_o * 120 + k;
                const int64_t b_at = k * 32 + j_o * 16;
                acc_0_0 += a[a_at] * load_f32x8(b + b_at); /* Sample.java:4 */
                acc_0_1 += a[a_at] * load_f32x8(b + b_at + 8);
                acc_1_0 += a[a_at + 30] * load_f32x8(b + b_at);
                acc_1_1 += a[a_at + 30] * load_f32x8(b + b_at + 8);
                acc_2_0 += a[a_at + 60] * load_f32x8(b + b_at);
                acc_2_1 += a[a_at + 60] * load_f32x8(b + b_at + 8);
                acc_3_0 += a[a_at + 90] * load_f32x8(b + b_at);
                acc_3_1 += a[a_at + 90] * load_f32x8(b + b_at + 8);
            }
            store_f32x8(c + c_at, acc_0_0); /* Sample.java:3 */
            store_f32x8(c + c_at + 8, acc_0_1);
            store_f32x8(c + c_at + 32, acc_1_0);
            store_f32x8(c + c_at + 40, acc_1_1);
            store_f32x8(c + c_at + 64, acc_2_0);
            store_f32x8(c + c_at + 72, acc_2_1);
            store_f32x8(c + c_at + 96, acc_3_0);
            store_f32x8(c + c_at + 104, acc_3_1);
        }
    }
    return 0;
}
