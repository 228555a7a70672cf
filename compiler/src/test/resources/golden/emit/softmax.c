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
INLINE f32x8 max_f32x8(f32x8 a, f32x8 b) {
    i32x8 first = (a > b) | (a != a), equal = a == b;
    i32x8 either = (i32x8)a & (i32x8)b;
    return (f32x8)((first & (i32x8)a) | (~first & ((equal & either) | (~equal & (i32x8)b))));
}
INLINE f32x8 load_f32x8(const float *p) { return *(const f32x8_unaligned *)p; }
INLINE float max_f32(float a, float b) {
    union { float value; uint32_t bits; } x = {a}, y = {b};
    uint32_t first = -(uint32_t)((a > b) | (a != a)), equal = -(uint32_t)(a == b);
    x.bits = (first & x.bits) | (~first & ((equal & (x.bits & y.bits)) | (~equal & y.bits)));
    return x.value;
}
INLINE f32x8 blend_f32x8(i32x8 c, f32x8 a, f32x8 b) { return (f32x8)((c & (i32x8)a) | (~c & (i32x8)b)); }
INLINE i32x8 splat_i32x8(int32_t x) { return x - (i32x8){0}; }
INLINE void store_f32x8(float *p, f32x8 x) { *(f32x8_unaligned *)p = x; }

/*
 * softmax  (cpu:x86-64-v3, fp32)
 *   input x: f32[6, 5000]
 *   output y: f32[6, 5000]
 */

int32_t softmax(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
    const float *x = (const float *)buffers[0];
    float *y = (float *)buffers[1];
    (void)params;
    DENORMALS_ARE_ZEROS;
    for (int64_t i = begin; i < end; i++) {
        float *row = (float *)scratch;
        float sum;
        float top = -INFINITY_F32; /* Sample.java:3 */
        f32x8 top_part = splat_f32x8(-INFINITY_F32);
        for (int64_t j_o = 0; j_o < 625; j_o++) {
            top_part = max_f32x8(top_part, load_f32x8(x + i * 5000 + j_o * 8));
        }
        top = max_f32(top,
                max_f32(max_f32(max_f32(top_part[0], top_part[4]), max_f32(top_part[2], top_part[6])),
                max_f32(max_f32(top_part[1], top_part[5]), max_f32(top_part[3], top_part[7]))));
        for (int64_t j_o = 0; j_o < 625; j_o++) {
            const f32x8 exp_x = load_f32x8(x + i * 5000 + j_o * 8) - top;
            const f32x8 x2 = blend_f32x8(exp_x > 89.0f, splat_f32x8(89.0f),
                    blend_f32x8(exp_x < -104.0f, splat_f32x8(-104.0f), exp_x));
            const f32x8 shifted = x2 * 1.442695f + 1.2582912e7f;
            const f32x8 n = shifted - 1.2582912e7f;
            const f32x8 r = x2 - n * 0.6933594f - n * -2.1219444e-4f;
            const i32x8 e = (i32x8)shifted - splat_i32x8(1262485504);
            const f32x8 p = (((((1.9875691e-4f * r + 0.0013981999f) * r + 0.008333452f) * r + 0.041665796f) * r
                    + 0.16666666f) * r + 0.5f) * (r * r) + r + 1.0f;
            const i32x8 half = e >> 1;
            const f32x8 exp = p * (f32x8)((half + 127) << 23) * (f32x8)((e - half + 127) << 23);
            store_f32x8(row + j_o * 8, exp); /* Sample.java:4 */
        }
        sum = 0.0f;
        f32x8 sum_part = splat_f32x8(0.0f);
        for (int64_t j_o = 0; j_o < 625; j_o++) {
            sum_part += load_f32x8(row + j_o * 8);
        }
        sum += sum_part[0] + sum_part[4] + (sum_part[2] + sum_part[6])
                + (sum_part[1] + sum_part[5] + (sum_part[3] + sum_part[7]));
        for (int64_t j_o = 0; j_o < 625; j_o++) {
            store_f32x8(y + i * 5000 + j_o * 8, load_f32x8(row + j_o * 8) / sum); /* Sample.java:5 */
        }
    }
    return 0;
}
