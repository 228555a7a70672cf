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
    const int m_o = blockIdx.y; /* Product.java:7 */
    const int n_o = blockIdx.x;
    const int lane = threadIdx.x;
    float y_acc[4];
    y_acc[0] = 0.0f;
    y_acc[1] = 0.0f;
    y_acc[2] = 0.0f;
    y_acc[3] = 0.0f;
    __shared__ unsigned short a_cache[512] ALIGNED(16);
    __shared__ unsigned short b_cache[256] ALIGNED(16);
    if (lane < 16) {
        cp_async_16(b_cache + lane * 8, b + n_o * 320 + lane / 2 * 40 + lane % 2 * 8, n_o * 8 + lane / 2 < 13);
    }
    cp_async_16(a_cache + lane * 8, a + m_o * 640 + lane / 2 * 40 + lane % 2 * 8, m_o * 16 + lane / 2 < 19);
    cp_async_commit();
    for (int k_o = 0; k_o < 2; k_o++) {
        cp_async_wait<0>();
        __syncthreads();
        if (lane < 16) {
            cp_async_16(
                    b_cache + (k_o + 1) % 2 * 128 + lane * 8,
                    b + n_o * 320 + lane / 2 * 40 + k_o * 16 + lane % 2 * 8 + 16,
                    n_o * 8 + lane / 2 < 13 && k_o * 2 + lane % 2 < 3);
        }
        cp_async_16(
                a_cache + (k_o + 1) % 2 * 256 + lane * 8,
                a + m_o * 640 + lane / 2 * 40 + k_o * 16 + lane % 2 * 8 + 16,
                m_o * 16 + lane / 2 < 19 && k_o * 2 + lane % 2 < 3);
        cp_async_commit();
        unsigned int a_cache_fragment[4];
        unsigned int b_cache_fragment[2];
        ldmatrix_x4(a_cache_fragment, a_cache + k_o * 256, 16);
        ldmatrix_x2(b_cache_fragment, b_cache + k_o * 128, 16);
        mma_m16n8k16_f32_f16(y_acc, a_cache_fragment, b_cache_fragment);
    }
    cp_async_wait<0>();
    __syncthreads();
    unsigned int a_cache_fragment[4];
    unsigned int b_cache_fragment[2];
    ldmatrix_x4(a_cache_fragment, a_cache, 16);
    ldmatrix_x2(b_cache_fragment, b_cache, 16);
    mma_m16n8k16_f32_f16(y_acc, a_cache_fragment, b_cache_fragment);
    if (m_o * 16 + lane / 4 < 19 && n_o * 4 + lane % 4 < 7) {
        y[m_o * 208 + lane / 4 * 13 + n_o * 8 + lane % 4 * 2] = y_acc[0] + bias[n_o * 8 + lane % 4 * 2];
    }
    if (m_o * 16 + lane / 4 < 19 && n_o * 4 + lane % 4 < 6) {
        y[m_o * 208 + lane / 4 * 13 + n_o * 8 + lane % 4 * 2 + 1] = y_acc[1] + bias[n_o * 8 + lane % 4 * 2 + 1];
    }
    if (m_o * 16 + lane / 4 < 11 && n_o * 4 + lane % 4 < 7) {
        y[m_o * 208 + lane / 4 * 13 + n_o * 8 + lane % 4 * 2 + 104] = y_acc[2] + bias[n_o * 8 + lane % 4 * 2];
    }
    if (m_o * 16 + lane / 4 < 11 && n_o * 4 + lane % 4 < 6) {
        y[m_o * 208 + lane / 4 * 13 + n_o * 8 + lane % 4 * 2 + 105] = y_acc[3] + bias[n_o * 8 + lane % 4 * 2 + 1];
    }
}
