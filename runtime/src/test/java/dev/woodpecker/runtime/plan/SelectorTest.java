package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.plan.kernel.KernelLoader;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What happens where the library is not on the class path. */
class SelectorTest {
    private static final VendorTensor MATRIX = VendorTensor.rowMajor(List.of(4L, 4L));

    private static Selector without(Vendors vendors) {
        return new Selector(vendors, Optional::empty, WorkerPool.shared());
    }

    private static ExecutablePlan planWithACall() {
        VendorKernel product = new VendorKernel.Product(MATRIX, MATRIX, List.of(), MATRIX, false, List.of());
        BufferSource buffer = new BufferSource.Arena(0, 64);
        Invocation invocation = new Invocation("m", "MatMul", 0, List.of(), Cost.NONE, "f32[4, 4]", "matmul, default")
                .orBy(new VendorCall(product, List.of(buffer, buffer, buffer)));
        return new ExecutablePlan(List.of(), List.of(), List.of(), List.of(), List.of(invocation), List.of(), 0, 64);
    }

    @Test
    void aPlanRunsItsGeneratedKernelsAndSaysSo() {
        ExecutablePlan bound = without(Vendors.RECORDED).bind(planWithACall(), Arena.ofAuto());
        assertThat(bound.invocations()).singleElement().satisfies(invocation -> {
            assertThat(invocation.kernel()).isZero();
            assertThat(invocation.implementation()).isEqualTo("matmul, default (oneDNN is missing)");
        });
    }

    @Test
    void whoAsksForItIsToldWhatToAdd() {
        KernelGraph graph = new KernelGraph(List.of(), Map.of(), List.of(), List.of(), Map.of(), Map.of());
        assertThatThrownBy(() -> without(Vendors.ONEDNN)
                        .choose(
                                graph,
                                (candidates, arena) -> {
                                    throw new AssertionError("nothing is to be compiled");
                                },
                                new KernelLoader(Arena.ofAuto())))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("not on the class path")
                .hasMessageContaining(OneDnn.COORDINATES);
    }

    @Test
    void whoWantsNoneNeedsNone() {
        assertThat(without(Vendors.NONE).bind(planWithACall(), Arena.ofAuto()).invocations())
                .singleElement()
                .satisfies(invocation -> assertThat(invocation.implementation()).isEqualTo("matmul, default"));
    }
}
