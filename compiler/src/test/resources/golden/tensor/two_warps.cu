/*
 * tensor_product  (cuda:sm_80, fp32)
 *   input a: f16[45, 104]
 *   input b: f16[27, 104]
 *   input bias: f32[27]
 *   output y: f32[45, 27]
 */

extern "C" __global__ void __launch_bounds__(64) tensor_product(
        const unsigned short *a,
        const unsigned short *b,
        const float *bias,
        float *y,
        int *status) {
    const int block_y = blockIdx.y; /* Product.java:7 */
    const int block = blockIdx.x;
    const int thread_y = threadIdx.y;
    const int thread = threadIdx.x;
    float y_acc[8];
    #pragma unroll
    for (int n_i_o = 0; n_i_o < 2; n_i_o++) {
        #pragma unroll
        for (int pair = 0; pair < 2; pair++) {
            #pragma unroll
            for (int value = 0; value < 2; value++) {
                y_acc[n_i_o * 4 + pair * 2 + value] = 0.0f;
            }
        }
    }
    __shared__ unsigned short a_cache[1536] ALIGNED(16);
    __shared__ unsigned short b_cache[768] ALIGNED(16);
    for (int ahead = 0; ahead < 2; ahead++) {
        if (thread_y < 1) {
            cp_async_16(
                    b_cache + ahead * 256 + thread * 8,
                    b + block * 1664 + thread / 2 * 104 + ahead * 16 + thread % 2 * 8,
                    block * 16 + thread / 2 < 27);
        }
        cp_async_16(
                a_cache + ahead * 512 + thread_y * 256 + thread * 8,
                a + block_y * 3328 + thread_y * 1664 + thread / 2 * 104 + ahead * 16 + thread % 2 * 8,
                block_y * 32 + thread_y * 16 + thread / 2 < 45);
        cp_async_commit();
    }
    #pragma unroll 1
    for (int k_o = 0; k_o < 7; k_o++) {
        cp_async_wait<1>();
        __syncthreads();
        const int k_o_next = k_o + 2;
        if (k_o_next < 7) {
            if (thread_y < 1) {
                cp_async_16(
                        b_cache + k_o_next % 3 * 256 + thread * 8,
                        b + block * 1664 + thread / 2 * 104 + k_o_next * 16 + thread % 2 * 8,
                        block * 16 + thread / 2 < 27 && k_o_next * 2 + thread % 2 < 13);
            }
            cp_async_16(
                    a_cache + k_o_next % 3 * 512 + thread_y * 256 + thread * 8,
                    a + block_y * 3328 + thread_y * 1664 + thread / 2 * 104 + k_o_next * 16 + thread % 2 * 8,
                    block_y * 32 + thread_y * 16 + thread / 2 < 45 && k_o_next * 2 + thread % 2 < 13);
        }
        cp_async_commit();
        unsigned int a_cache_fragment[4];
        unsigned int b_cache_fragment[4];
        ldmatrix_x4(a_cache_fragment, a_cache + k_o % 3 * 512 + thread_y * 256, 16);
        #pragma unroll
        for (int n_i_o = 0; n_i_o < 2; n_i_o++) {
            ldmatrix_x2(b_cache_fragment + n_i_o * 2, b_cache + k_o % 3 * 256 + n_i_o * 128, 16);
        }
        #pragma unroll
        for (int n_i_o = 0; n_i_o < 2; n_i_o++) {
            mma_m16n8k16_f32_f16(y_acc + n_i_o * 4, a_cache_fragment, b_cache_fragment + n_i_o * 2);
        }
    }
    #pragma unroll
    for (int n_i_o = 0; n_i_o < 2; n_i_o++) {
        #pragma unroll
        for (int pair = 0; pair < 2; pair++) {
            #pragma unroll
            for (int value = 0; value < 2; value++) {
                if (block_y * 32 + thread_y * 16 + pair * 8 + thread / 4 < 45 && block * 16 + n_i_o * 8 + thread % 4
                        * 2 + value < 27) {
                    y[block_y * 864 + thread_y * 432 + pair * 216 + thread / 4 * 27 + block * 16 + n_i_o * 8
                            + thread % 4 * 2 + value] = y_acc[n_i_o * 4 + pair * 2 + value]
                            + bias[block * 16 + n_i_o * 8 + thread % 4 * 2 + value];
                }
            }
        }
    }
}
