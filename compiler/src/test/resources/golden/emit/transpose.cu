
/*
 * transpose  (cuda:sm_80, fp32)
 *   input x: f32[512, 512]
 *   output y: f32[512, 512]
 */

extern "C" __global__ void __launch_bounds__(1024) transpose(
        const float *x,
        float *y,
        int *status) {
    const int i_o = blockIdx.y;
    const int j_o = blockIdx.x;
    __shared__ float tile[1056] ALIGNED(16);
    const int ty = threadIdx.y;
    const int tx = threadIdx.x;
    tile[ty * 33 + tx] = x[i_o * 16384 + ty * 512 + j_o * 32 + tx]; /* Sample.java:2 */
    __syncthreads();
    const int uy = threadIdx.y;
    const int ux = threadIdx.x;
    y[j_o * 16384 + uy * 512 + i_o * 32 + ux] = tile[ux * 33 + uy];
}
