package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.plan.PlanSource;
import dev.woodpecker.runtime.plan.Planner;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.function.Function;

/** Makes plans for a device: a {@link Planner}'s, with code and constants brought there. */
public final class CudaPlanner implements PlanSource {
    private final Planner planner;
    private final CudaDevice device;
    private final DevicePlans plans;

    /**
     * @param planner whose kernels are for the device, and which says of each what a library may compute
     * @param code how long code stays loaded
     * @param vendors whether libraries may compute kernels
     * @param numerics of the planner's kernels
     */
    public CudaPlanner(Planner planner, CudaDevice device, Arena code, Vendors vendors, Numerics numerics) {
        this.planner = planner;
        this.device = device;
        this.plans = new DevicePlans(device, code, vendors, numerics);
    }

    @Override
    public Planner.Planned plan(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena) {
        device.check();
        Planner.Compiled compiled = planner.compile(graph, elements, arena);
        return new Planner.Planned(plans.load(compiled.plan(), arena), compiled.pinned(), compiled.rest());
    }
}
