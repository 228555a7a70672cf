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
