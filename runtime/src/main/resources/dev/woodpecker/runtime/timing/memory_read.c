// How fast memory can be read: sums, nothing else. VECTOR_BYTES comes from the text put before this one. One index of
// the range is BLOCK bytes of buffer 0.
typedef int int32_t;
typedef long int64_t;
typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

enum { BLOCK = 65536, CHAINS = 8, STEPS = BLOCK / VECTOR_BYTES / CHAINS };

int32_t memory_read(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
    vector *result = scratch;
    vector sum[CHAINS];
    for (int c = 0; c < CHAINS; c++) {
        sum[c] = (vector){0};
    }
    for (int64_t i = begin; i < end; i++) {
        const vector *block = (const vector *)((const char *)buffers[0] + i * BLOCK);
        for (int s = 0; s < STEPS; s++) {
            for (int c = 0; c < CHAINS; c++) {
                sum[c] += block[s * CHAINS + c];
            }
        }
    }
    for (int c = 0; c < CHAINS; c++) {
        result[c] = sum[c];
    }
    return 0;
}
