// One 16x8x16 half-precision product on the tensor cores, its operands staged asynchronously through shared memory.
extern "C" __global__ void __launch_bounds__(32)
mma_16x8x16(const unsigned short *__restrict__ a, const unsigned short *__restrict__ b, const float *__restrict__ bias,
            float *__restrict__ c) {
    __shared__ __align__(16) unsigned short tile_a[16 * 16];
    __shared__ __align__(16) unsigned short tile_b[16 * 8];
    int lane = threadIdx.x;
    unsigned int shared_a = (unsigned int)__cvta_generic_to_shared(tile_a);
    unsigned int shared_b = (unsigned int)__cvta_generic_to_shared(tile_b);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_a + 16 * lane), "l"(a + 8 * lane) : "memory");
    if (lane < 16) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_b + 16 * lane), "l"(b + 8 * lane)
                     : "memory");
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncthreads();
    unsigned int a0, a1, a2, a3, b0, b1;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(a0), "=r"(a1), "=r"(a2), "=r"(a3)
                 : "r"(shared_a + 32 * (lane % 16) + 16 * (lane / 16)));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(b0), "=r"(b1)
                 : "r"(shared_b + 16 * (lane % 16)));
    float c0 = 0.0f, c1 = 0.0f, c2 = 0.0f, c3 = 0.0f;
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3)
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
    int row = lane / 4;
    int column = 2 * (lane % 4);
    *(float2 *)(c + 8 * row + column) = make_float2(c0 + bias[column], c1 + bias[column + 1]);
    *(float2 *)(c + 8 * (row + 8) + column) = make_float2(c2 + bias[column], c3 + bias[column + 1]);
}
