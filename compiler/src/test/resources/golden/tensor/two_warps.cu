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
    const int m_o = blockIdx.y; /* Product.java:7 */
    const int n_o = blockIdx.x;
    const int m_i_o = threadIdx.y;
    const int lane = threadIdx.x;
    float y_acc[8];
    y_acc[0] = 0.0f;
    y_acc[1] = 0.0f;
    y_acc[2] = 0.0f;
    y_acc[3] = 0.0f;
    y_acc[4] = 0.0f;
    y_acc[5] = 0.0f;
    y_acc[6] = 0.0f;
    y_acc[7] = 0.0f;
    __shared__ unsigned short a_cache[1536] ALIGNED(16);
    __shared__ unsigned short b_cache[768] ALIGNED(16);
    if (m_i_o < 1) {
        cp_async_16(
                b_cache + m_i_o * 256 + lane * 8,
                b + m_i_o * 1664 + n_o * 1664 + lane / 2 * 104 + lane % 2 * 8,
                m_i_o * 16 + n_o * 16 + lane / 2 < 27);
    }
    cp_async_16(
            a_cache + m_i_o * 256 + lane * 8,
            a + m_o * 3328 + m_i_o * 1664 + lane / 2 * 104 + lane % 2 * 8,
            m_o * 32 + m_i_o * 16 + lane / 2 < 45);
    cp_async_commit();
    if (m_i_o < 1) {
        cp_async_16(
                b_cache + m_i_o * 256 + lane * 8 + 256,
                b + m_i_o * 1664 + n_o * 1664 + lane / 2 * 104 + lane % 2 * 8 + 16,
                m_i_o * 16 + n_o * 16 + lane / 2 < 27);
    }
    cp_async_16(
            a_cache + m_i_o * 256 + lane * 8 + 512,
            a + m_o * 3328 + m_i_o * 1664 + lane / 2 * 104 + lane % 2 * 8 + 16,
            m_o * 32 + m_i_o * 16 + lane / 2 < 45);
    cp_async_commit();
    for (int k_o = 0; k_o < 5; k_o++) {
        cp_async_wait<1>();
        __syncthreads();
        if (m_i_o < 1) {
            cp_async_16(
                    b_cache + m_i_o * 256 + (k_o + 2) % 3 * 256 + lane * 8,
                    b + m_i_o * 1664 + n_o * 1664 + lane / 2 * 104 + k_o * 16 + lane % 2 * 8 + 32,
                    m_i_o * 16 + n_o * 16 + lane / 2 < 27 && k_o * 2 + lane % 2 < 9);
        }
        cp_async_16(
                a_cache + (k_o + 2) % 3 * 512 + m_i_o * 256 + lane * 8,
                a + m_o * 3328 + m_i_o * 1664 + lane / 2 * 104 + k_o * 16 + lane % 2 * 8 + 32,
                m_o * 32 + m_i_o * 16 + lane / 2 < 45 && k_o * 2 + lane % 2 < 9);
        cp_async_commit();
        unsigned int a_cache_fragment[4];
        unsigned int b_cache_fragment[2];
        ldmatrix_x4(a_cache_fragment, a_cache + k_o % 3 * 512 + m_i_o * 256, 16);
        ldmatrix_x2(b_cache_fragment, b_cache + k_o % 3 * 256, 16);
        mma_m16n8k16_f32_f16(y_acc, a_cache_fragment, b_cache_fragment);
        unsigned int a_cache_fragment_2[4];
        unsigned int b_cache_fragment_2[2];
        ldmatrix_x4(a_cache_fragment_2, a_cache + k_o % 3 * 512 + m_i_o * 256, 16);
        ldmatrix_x2(b_cache_fragment_2, b_cache + k_o % 3 * 256 + 128, 16);
        mma_m16n8k16_f32_f16(y_acc + 4, a_cache_fragment_2, b_cache_fragment_2);
    }
    cp_async_wait<1>();
    __syncthreads();
    unsigned int a_cache_fragment[4];
    unsigned int b_cache_fragment[2];
    ldmatrix_x4(a_cache_fragment, a_cache + m_i_o * 256 + 1024, 16);
    ldmatrix_x2(b_cache_fragment, b_cache + 512, 16);
    mma_m16n8k16_f32_f16(y_acc, a_cache_fragment, b_cache_fragment);
    unsigned int a_cache_fragment_2[4];
    unsigned int b_cache_fragment_2[2];
    ldmatrix_x4(a_cache_fragment_2, a_cache + m_i_o * 256 + 1024, 16);
    ldmatrix_x2(b_cache_fragment_2, b_cache + 640, 16);
    mma_m16n8k16_f32_f16(y_acc + 4, a_cache_fragment_2, b_cache_fragment_2);
    cp_async_wait<0>();
    __syncthreads();
    unsigned int a_cache_fragment_3[4];
    unsigned int b_cache_fragment_3[2];
    ldmatrix_x4(a_cache_fragment_3, a_cache + m_i_o * 256, 16);
    ldmatrix_x2(b_cache_fragment_3, b_cache, 16);
    mma_m16n8k16_f32_f16(y_acc, a_cache_fragment_3, b_cache_fragment_3);
    unsigned int a_cache_fragment_4[4];
    unsigned int b_cache_fragment_4[2];
    ldmatrix_x4(a_cache_fragment_4, a_cache + m_i_o * 256, 16);
    ldmatrix_x2(b_cache_fragment_4, b_cache + 128, 16);
    mma_m16n8k16_f32_f16(y_acc + 4, a_cache_fragment_4, b_cache_fragment_4);
    if (m_o * 32 + m_i_o * 16 + lane / 4 < 45) {
        const int bias_at = n_o * 16 + lane % 4 * 2;
        const int y_at = m_o * 864 + m_i_o * 432 + lane / 4 * 27 + n_o * 16 + lane % 4 * 2;
        y[y_at] = y_acc[0] + bias[bias_at];
        y[y_at + 1] = y_acc[1] + bias[bias_at + 1];
    }
    if (m_o * 32 + m_i_o * 16 + lane / 4 < 37) {
        const int bias_at2 = n_o * 16 + lane % 4 * 2;
        const int y_at2 = m_o * 864 + m_i_o * 432 + lane / 4 * 27 + n_o * 16 + lane % 4 * 2;
        y[y_at2 + 216] = y_acc[2] + bias[bias_at2];
        y[y_at2 + 217] = y_acc[3] + bias[bias_at2 + 1];
    }
    if (m_o * 32 + m_i_o * 16 + lane / 4 < 45 && n_o * 8 + lane % 4 < 10) {
        y[m_o * 864 + m_i_o * 432 + lane / 4 * 27 + n_o * 16 + lane % 4 * 2 + 8] = y_acc[4]
                + bias[n_o * 16 + lane % 4 * 2 + 8];
    }
    if (m_o * 32 + m_i_o * 16 + lane / 4 < 45 && n_o * 8 + lane % 4 < 9) {
        y[m_o * 864 + m_i_o * 432 + lane / 4 * 27 + n_o * 16 + lane % 4 * 2 + 9] = y_acc[5]
                + bias[n_o * 16 + lane % 4 * 2 + 9];
    }
    if (m_o * 32 + m_i_o * 16 + lane / 4 < 37 && n_o * 8 + lane % 4 < 10) {
        y[m_o * 864 + m_i_o * 432 + lane / 4 * 27 + n_o * 16 + lane % 4 * 2 + 224] = y_acc[6]
                + bias[n_o * 16 + lane % 4 * 2 + 8];
    }
    if (m_o * 32 + m_i_o * 16 + lane / 4 < 37 && n_o * 8 + lane % 4 < 9) {
        y[m_o * 864 + m_i_o * 432 + lane / 4 * 27 + n_o * 16 + lane % 4 * 2 + 225] = y_acc[7]
                + bias[n_o * 16 + lane % 4 * 2 + 9];
    }
}
