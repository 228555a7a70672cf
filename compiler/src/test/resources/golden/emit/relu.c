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
INLINE f32x8 load_f32x8(const float *p) { return *(const f32x8_unaligned *)p; }
INLINE void store_f32x8(float *p, f32x8 x) { *(f32x8_unaligned *)p = x; }
INLINE f32x8 blend_f32x8(i32x8 c, f32x8 a, f32x8 b) { return (f32x8)((c & (i32x8)a) | (~c & (i32x8)b)); }
INLINE f32x8 splat_f32x8(float x) { return x - (f32x8){0}; }

/*
 * relu  (cpu:x86-64-v3, fp32)
 *   input x: f32[64, 24]
 *   output y: f32[64, 24]
 */

int32_t relu(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
    const float *x = (const float *)buffers[0];
    float *y = (float *)buffers[1];
    (void)params; (void)scratch;
    for (int64_t i = begin; i < end; i++) {
        for (int64_t j_o = 0; j_o < 3; j_o++) {
            const f32x8 value = load_f32x8(x + i * 24 + j_o * 8);
            store_f32x8(y + i * 24 + j_o * 8, blend_f32x8(value <= 0.0f, splat_f32x8(0.0f), value)); /* Sample.java:7 */
        }
    }
    return 0;
}
