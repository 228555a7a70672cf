package dev.woodpecker.tuner.cost.cuda;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.plan.program.Cost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How long a kernel would take on a GPU by arithmetic: for each phase the longest of computing, shared memory, the
 * second-level cache and memory, each at the rate that the resident warps can keep up. An order of candidates, not a time.
 */
public final class CudaModel {
    /** What is assumed of a kernel that was not compiled. */
    private static final int USUAL_REGISTERS = 64;

    private static final double LAUNCH_SECONDS = 3e-6;

    /** Warps that must be resident to keep the arithmetic units busy, with some independent work in each. */
    private static final double COMPUTING_WARPS = 12;

    /** The same of warps whose threads have tiles of results: products that do not wait for one another. */
    private static final double TILED_WARPS = 8;

    private static final int TILE = 16;

    /** And to keep memory busy. */
    private static final double LOADING_WARPS = 24;

    /** Or bytes on their way, of wide loads and asynchronous copies: a latency of some 800 cycles at 40 bytes a cycle. */
    private static final double LOADING_BYTES = 32 << 10;

    /** Iterations whose loads the PTX compiler starts together. */
    private static final double UNROLLED = 4;

    /** What does not overlap with the longest part: of warps that wait for what they load, and of those that copy ahead. */
    private static final double EXPOSED = 0.25;

    private static final double EXPOSED_AHEAD = 0.1;

    /** Until a block has its first stretch; one that goes from tile to tile waits once. */
    private static final double FILL_CYCLES = 1000;

    private final Target target;
    private final Multiprocessor machine;

    public CudaModel(Target target) {
        this.target = target;
        this.machine = Multiprocessor.of(target);
    }

    public Multiprocessor machine() {
        return machine;
    }

    /** Before the kernel is compiled. */
    public double seconds(TensorProgram program, LoweredKernel kernel) {
        Map<String, KernelResources> none = Map.of();
        return seconds(program, kernel, none);
    }

    /**
     * Of a compiled kernel.
     *
     * @param resources by the symbols of phases; what is usual for those that are missing
     * @return infinity for one that no multiprocessor can hold
     */
    public double seconds(TensorProgram program, LoweredKernel kernel, Map<String, KernelResources> resources) {
        double memorySeconds = Cost.of(program).bytes() / machine.memoryBytesPerSecond();
        double all = kernel.phases().stream().mapToLong(CudaModel::bytes).sum();
        double seconds = 0;
        for (LoweredKernel.Phase phase : kernel.phases()) {
            KernelResources used = resources.getOrDefault(
                    phase.symbol(),
                    new KernelResources(phase.symbol(), USUAL_REGISTERS, phase.scratchBytes(), 0, 0, 0));
            seconds += LAUNCH_SECONDS + seconds(phase, used, memorySeconds * bytes(phase) / Math.max(1, all));
        }
        return seconds;
    }

    /** Of the kernel's inputs and outputs that a phase touches. */
    private static long bytes(LoweredKernel.Phase phase) {
        Map<String, Long> found = new HashMap<>();
        phase.body().anyMatch(s -> {
            buffers(s).filter(b -> b.scope() == Scope.GLOBAL).forEach(b -> found.put(b.name(), PlanScratch.bytes(b)));
            return false;
        });
        return found.values().stream().mapToLong(Long::longValue).sum();
    }

    private static Stream<Buffer> buffers(Stmt s) {
        List<Buffer> read = new ArrayList<>();
        s.expressions().forEach(e -> e.anyMatch(n -> n instanceof Expr.Load l && !read.add(l.buffer())));
        Stream<Buffer> own = switch (s) {
            case Stmt.Store store -> Stream.of(store.buffer());
            case Stmt.AsyncCopy copy -> Stream.of(copy.from());
            case Stmt.TileCopy copy -> Stream.of(copy.from());
            case Stmt.Invoke invoke -> invoke.operands().stream().map(Stmt.Window::buffer);
            case Stmt.Seq _,
                    Stmt.For _,
                    Stmt.If _,
                    Stmt.Let _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _ -> Stream.of();
        };
        return Stream.concat(read.stream(), own);
    }

    private double seconds(LoweredKernel.Phase phase, KernelResources used, double memorySeconds) {
        int threads = threads(phase);
        double resident = machine.residentBlocks(threads, used);
        if (resident == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double blocks = blocks(phase);
        double waves = Math.ceil(blocks / (resident * target.units()));
        // Multiprocessors that have no block, or fewer than others, wait for those that do.
        double perProcessor = Math.min(resident, Math.ceil(blocks / target.units()));
        CudaWork work = CudaWork.of(phase);
        double busy = blocks / (waves * perProcessor * target.units()) / work.unevenness();
        double warps = perProcessor * Math.ceilDiv(threads, Multiprocessor.WARP);
        double wanted = work.accumulators() >= TILE ? TILED_WARPS : COMPUTING_WARPS;
        double computing = busy * Math.min(1, warps / wanted) * target.units() * machine.cyclesPerSecond();
        double loadedAhead = warps * Multiprocessor.WARP * work.widestLoad() * UNROLLED;
        double ahead = Math.max(loadedAhead, perProcessor * work.copiedAheadBytes());
        double onTheirWay = Math.max(warps / LOADING_WARPS, ahead / LOADING_BYTES);
        double loading = Math.sqrt(busy) * Math.min(1, onTheirWay);
        double share = work.inGroups() ? machine.groupShare() : machine.warpShare();
        double[] parts = {
            work.instructions() / machine.lanes() / computing,
            work.tensorOperations() / (machine.tensorLanes() * share) / computing,
            work.sharedCycles() / computing,
            work.sectorBytes() / (machine.cacheBytesPerSecond() * loading),
            memorySeconds / loading
        };
        double longest = 0;
        double all = 0;
        for (double part : parts) {
            longest = Math.max(longest, part);
            all += part;
        }
        if (work.copiedAheadBytes() == 0) {
            return longest + EXPOSED * (all - longest);
        }
        // Blocks that run together do not wait together.
        double filling = waves * FILL_CYCLES / perProcessor / machine.cyclesPerSecond();
        return longest + EXPOSED_AHEAD * (all - longest) + filling;
    }

    /** Multiply-adds a second of the units that the kernel computes on, tensor cores if it uses them. */
    public double peak(LoweredKernel kernel) {
        double lanes = kernel.phases().stream()
                .flatMap(phase -> tile(phase).stream())
                .mapToDouble(tile -> tensorLanes(tile, kernel.numerics()))
                .max()
                .orElse(machine.lanes());
        return lanes * machine.cyclesPerSecond() * target.units();
    }

    /** Of elements of four bytes half as many; three products make one where single precision is kept. */
    private double tensorLanes(TensorTile tile, Numerics numerics) {
        boolean split = tile.elementType() == DType.TF32 && numerics != Numerics.TF32;
        return machine.tensorLanes() * 2.0 / tile.elementType().bytes() / (split ? 3 : 1);
    }

    private static Optional<TensorTile> tile(LoweredKernel.Phase phase) {
        List<TensorTile> found = new ArrayList<>();
        phase.body().anyMatch(s -> {
            if (s instanceof Stmt.Invoke(Intrinsic intrinsic, var _)) {
                Intrinsics.tile(intrinsic.name()).ifPresent(found::add);
            }
            return false;
        });
        return found.stream().findFirst();
    }

    /** Threads of a block. */
    public static int threads(LoweredKernel.Phase phase) {
        List<Integer> block = phase.launch().block();
        return block.get(0) * block.get(1) * block.get(2);
    }

    private static double blocks(LoweredKernel.Phase phase) {
        double blocks = 1;
        for (Expr extent : phase.launch().grid()) {
            blocks *= IndexMath.constant(extent).orElse(1);
        }
        return blocks;
    }
}
