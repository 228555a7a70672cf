// How many fused multiply-adds the processor can do: enough independent chains of them to fill every pipeline, nothing
// else. VECTOR_BYTES comes from the text put before this one. One index of the range is ROUNDS * CHAINS vectors of FMA.
typedef int int32_t;
typedef long int64_t;
typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

// 4 cycles of latency times 2 instructions a cycle need 8; some more hide what else goes on.
enum { CHAINS = 12, ROUNDS = 4096 };

int32_t fma_peak(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end) {
    vector *result = scratch;
    vector factor = *(const vector *)buffers[0];
    vector term = *(const vector *)((const char *)buffers[0] + VECTOR_BYTES);
    vector sum[CHAINS];
    for (int c = 0; c < CHAINS; c++) {
        sum[c] = term * (float)c;
    }
    for (int64_t i = begin; i < end; i++) {
        for (int r = 0; r < ROUNDS; r++) {
            for (int c = 0; c < CHAINS; c++) {
                sum[c] = sum[c] * factor + term;
            }
        }
    }
    for (int c = 0; c < CHAINS; c++) {
        result[c] = sum[c];
    }
    return 0;
}
