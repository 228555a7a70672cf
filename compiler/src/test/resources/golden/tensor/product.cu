/*
 * tensor_product  (cuda:sm_80, fp32)
 *   input a: f16[19, 40]
 *   input b: f16[13, 40]
 *   input bias: f32[13]
 *   output y: f32[19, 13]
 */

extern "C" __global__ void __launch_bounds__(32) tensor_product(
        const unsigned short *a,
        const unsigned short *b,
        const float *bias,
        float *y,
        int *status) {
    const int block_y = blockIdx.y; /* Product.java:7 */
    const int block = blockIdx.x;
    const int thread = threadIdx.x;
    float y_acc[4];
    #pragma unroll
    for (int pair = 0; pair < 2; pair++) {
        #pragma unroll
        for (int value = 0; value < 2; value++) {
            y_acc[pair * 2 + value] = 0.0f;
        }
    }
    __shared__ unsigned short a_cache[512] ALIGNED(16);
    __shared__ unsigned short b_cache[256] ALIGNED(16);
    if (thread < 16) {
        cp_async_16(
                b_cache + thread * 8,
                b + block * 320 + thread / 2 * 40 + thread % 2 * 8,
                block * 8 + thread / 2 < 13);
    }
    cp_async_16(
            a_cache + thread * 8,
            a + block_y * 640 + thread / 2 * 40 + thread % 2 * 8,
            block_y * 16 + thread / 2 < 19);
    cp_async_commit();
    #pragma unroll 1
    for (int k_o = 0; k_o < 3; k_o++) {
        cp_async_wait<0>();
        __syncthreads();
        const int k_o_next = k_o + 1;
        if (k_o_next < 3) {
            if (thread < 16) {
                cp_async_16(
                        b_cache + k_o_next % 2 * 128 + thread * 8,
                        b + block * 320 + thread / 2 * 40 + k_o_next * 16 + thread % 2 * 8,
                        block * 8 + thread / 2 < 13 && k_o_next * 2 + thread % 2 < 5);
            }
            cp_async_16(
                    a_cache + k_o_next % 2 * 256 + thread * 8,
                    a + block_y * 640 + thread / 2 * 40 + k_o_next * 16 + thread % 2 * 8,
                    block_y * 16 + thread / 2 < 19 && k_o_next * 2 + thread % 2 < 5);
        }
        cp_async_commit();
        unsigned int a_cache_fragment[4];
        unsigned int b_cache_fragment[2];
        ldmatrix_x4(a_cache_fragment, a_cache + k_o % 2 * 256, 16);
        ldmatrix_x2(b_cache_fragment, b_cache + k_o % 2 * 128, 16);
        mma_m16n8k16_f32_f16(y_acc, a_cache_fragment, b_cache_fragment);
    }
    #pragma unroll
    for (int pair = 0; pair < 2; pair++) {
        #pragma unroll
        for (int value = 0; value < 2; value++) {
            if (block_y * 16 + pair * 8 + thread / 4 < 19 && block * 8 + thread % 4 * 2 + value < 13) {
                y[block_y * 208 + pair * 104 + thread / 4 * 13 + block * 8 + thread % 4 * 2 + value] = y_acc[pair * 2
                        + value] + bias[block * 8 + thread % 4 * 2 + value];
            }
        }
    }
}
