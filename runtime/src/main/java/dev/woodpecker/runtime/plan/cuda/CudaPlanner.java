package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.PlanSource;
import dev.woodpecker.runtime.plan.Planner;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Makes plans for a device: a {@link Planner}'s, with code and constants brought there. */
public final class CudaPlanner implements PlanSource {
    /** As every buffer's address on the device is aligned. */
    static final long ALIGNMENT = 256;

    private final Planner planner;
    private final CudaDevice device;
    private final CudaKernelLoader loader;
    private final Vendors vendors;
    private final Numerics numerics;

    /**
     * @param planner whose kernels are for the device, and which says of each what a library may compute
     * @param code how long code stays loaded
     * @param vendors whether libraries may compute kernels
     * @param numerics of the planner's kernels
     */
    public CudaPlanner(Planner planner, CudaDevice device, Arena code, Vendors vendors, Numerics numerics) {
        this.vendors = vendors;
        this.numerics = numerics;
        this.planner = planner;
        this.device = device;
        this.loader = new CudaKernelLoader(device, code);
    }

    @Override
    public Planner.Planned plan(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena) {
        device.check();
        Planner.Compiled compiled = planner.compile(graph, elements, arena);
        CompiledPlan plan = compiled.plan();
        List<CudaKernel> kernels = plan.kernels().stream().map(loader::load).toList();
        CudaPlan ready = CudaPlan.generated(device, plan, kernels, upload(plan.constants(), arena));
        return new Planner.Planned(withVendors(ready, arena), compiled.pinned(), compiled.rest());
    }

    private CudaPlan withVendors(CudaPlan generated, Arena arena) {
        boolean any = generated.invocations().stream()
                .anyMatch(invocation -> invocation.vendor().isPresent());
        if (!vendors.looksForKernels() || !any) {
            return generated;
        }
        return device.vendor()
                .map(vendor -> VendorSelection.of(generated, vendor, vendors, numerics, arena))
                .orElse(generated);
    }

    /** Copies constants to one block of the device's memory, which lives as long as the arena. */
    private List<DevicePointer> upload(List<MemorySegment> constants, Arena arena) {
        long bytes = 0;
        List<Long> offsets = new ArrayList<>();
        for (MemorySegment constant : constants) {
            offsets.add(bytes);
            bytes += Math.ceilDiv(constant.byteSize(), ALIGNMENT) * ALIGNMENT;
        }
        DevicePointer block = device.allocate(bytes, "a model's weights");
        AtClose.of(arena, () -> device.free(block));
        List<DevicePointer> pointers = offsets.stream().map(block::plus).toList();
        device.run(() -> {
            Stream stream = device.driver().createStream();
            try {
                for (int i = 0; i < constants.size(); i++) {
                    if (constants.get(i).byteSize() > 0) {
                        device.driver().copy(constants.get(i), pointers.get(i), stream);
                    }
                }
                device.driver().synchronize(stream);
            } finally {
                device.release(driver -> driver.destroy(stream));
            }
        });
        return pointers;
    }
}
