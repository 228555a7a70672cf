// What generated SIMT kernels use: indices, shared memory, barriers, shuffles, vector access, the functions that stay.
extern "C" __global__ void __launch_bounds__(256)
saxpy(float a, const float *__restrict__ x, float *__restrict__ y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        y[i] = a * x[i] + y[i];
    }
}

extern "C" __global__ void __launch_bounds__(256) transposed(const float *__restrict__ x, float *__restrict__ y, int n) {
    __shared__ float tile[32][33];
    int column = blockIdx.x * 32 + threadIdx.x;
    int row = blockIdx.y * 32 + threadIdx.y;
    for (int k = 0; k < 32; k += 8) {
        if (column < n && row + k < n) {
            tile[threadIdx.y + k][threadIdx.x] = x[(long long)(row + k) * n + column];
        }
    }
    __syncthreads();
    column = blockIdx.y * 32 + threadIdx.x;
    row = blockIdx.x * 32 + threadIdx.y;
    for (int k = 0; k < 32; k += 8) {
        if (column < n && row + k < n) {
            y[(long long)(row + k) * n + column] = tile[threadIdx.x][threadIdx.y + k];
        }
    }
}

extern __shared__ float dynamic_memory[];

extern "C" __global__ void __launch_bounds__(128)
softmax_row(const float *__restrict__ x, float *__restrict__ y, int *__restrict__ failed, int n) {
    float greatest = __int_as_float(0xff800000);
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        greatest = fmaxf(greatest, x[i]);
    }
    for (int offset = 16; offset > 0; offset >>= 1) {
        greatest = fmaxf(greatest, __shfl_xor_sync(0xffffffffu, greatest, offset));
    }
    if ((threadIdx.x & 31) == 0) {
        dynamic_memory[threadIdx.x >> 5] = greatest;
    }
    __syncthreads();
    for (int i = 0; i < 4; i++) {
        greatest = fmaxf(greatest, dynamic_memory[i]);
    }
    if (greatest != greatest) {
        atomicMax(failed, 1);
    }
    float4 packed = make_float4(greatest, sqrtf(fabsf(greatest)), rintf(greatest), fmaf(greatest, 2.0f, 1.0f));
    *(float4 *)(y + 4 * threadIdx.x) = packed;
}
