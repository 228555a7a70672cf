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
