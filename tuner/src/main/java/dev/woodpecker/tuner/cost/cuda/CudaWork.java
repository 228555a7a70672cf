package dev.woodpecker.tuner.cost.cuda;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.TensorTile;
import dev.woodpecker.tuner.cost.IndexValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What a phase of a kernel does on the whole grid, counted in its loops. A load that a straight piece of code has twice
 * counts once: the compiler keeps it in a register.
 *
 * @param instructions of threads, arithmetic on elements
 * @param tensorOperations multiply-adds on tensor cores, those of four bytes twice
 * @param inGroups whether groups of four warps make them together
 * @param accumulators registers of a thread that sums go to: independent work within a warp
 * @param sectorBytes that warps move between registers and the second-level cache, in sectors of 32 bytes
 * @param sharedCycles that warps take for shared memory, conflicts of its banks included
 * @param copiedAheadBytes of a block that asynchronous copies have on their way while it computes
 * @param widestLoad bytes that a thread loads from global memory at once, at most
 * @param unevenness by how much the tiles that the first block goes through are more than the mean of all, 1 where blocks
 *     have one tile
 */
record CudaWork(
        double instructions,
        double tensorOperations,
        boolean inGroups,
        double sectorBytes,
        double sharedCycles,
        int accumulators,
        double copiedAheadBytes,
        int widestLoad,
        double unevenness) {
    private static final int SECTOR_BYTES = 32;
    private static final int BANKS = 32;
    private static final int BANK_BYTES = 4;
    private static final int REGISTER_BYTES = 4;

    static CudaWork of(LoweredKernel.Phase phase) {
        Counter counter = new Counter(phase.launch().block());
        counter.visit(phase.body(), 1, new HashSet<>());
        return new CudaWork(
                counter.instructions,
                counter.tensorOperations,
                counter.inGroups,
                counter.sectorBytes,
                counter.sharedCycles,
                counter.accumulators,
                counter.copiedAheadBytes(),
                counter.widestLoad,
                counter.unevenness);
    }

    private static final class Counter {
        /** The threads of a block, and of its first warp: x runs fastest. */
        private final List<Map<Loop.Binding, Long>> threads;

        private final List<Map<Loop.Binding, Long>> lanes;

        private final Map<Loop.Binding, String> threadLoops = new HashMap<>();
        private final Map<String, Expr> lets = new HashMap<>();

        /** Of the grid: loops that are longer in some blocks than in others are as long as there. */
        private final Map<String, Long> middles = new HashMap<>();

        private final List<Loop> grid = new ArrayList<>();
        private double unevenness = 1;
        private int widestLoad;

        private double instructions;
        private double tensorOperations;
        private boolean inGroups;
        private int accumulators;
        private double sectorBytes;
        private double sharedCycles;
        private final Map<String, Long> copiedBytes = new HashMap<>();
        private int pendingGroups;

        Counter(List<Integer> block) {
            int size = block.get(0) * block.get(1) * block.get(2);
            this.threads = IntStream.range(0, size)
                    .mapToObj(lane -> Map.of(
                            Loop.Binding.THREAD_X, (long) (lane % block.get(0)),
                            Loop.Binding.THREAD_Y, (long) (lane / block.get(0) % block.get(1)),
                            Loop.Binding.THREAD_Z, (long) (lane / block.get(0) / block.get(1))))
                    .toList();
            this.lanes = threads.subList(0, Math.min(Multiprocessor.WARP, size));
        }

        /** Of a grid whose blocks have tiles in turn: the mean of all, of which the first has most. */
        private double tiles(Expr extent) {
            String block = grid.getFirst().name();
            double mean = LongStream.range(
                            0, IndexMath.constant(grid.getFirst().extent()).orElse(1))
                    .mapToDouble(b -> IndexValue.of(extent, Map.of(block, b), lets))
                    .average()
                    .orElse(1);
            unevenness = IndexValue.of(extent, Map.of(block, 0L), lets) / mean;
            return mean;
        }

        /** Which part of a block's threads a condition lets in, at the start of all loops: all where it does not tell. */
        private double share(Expr condition) {
            long holding = threads.stream()
                    .filter(thread -> IndexValue.of(condition, variables(thread), lets) != 0)
                    .count();
            return holding == 0 ? 1 : (double) holding / threads.size();
        }

        private Map<String, Long> variables(Map<Loop.Binding, Long> thread) {
            Map<String, Long> variables = new HashMap<>();
            threadLoops.forEach((binding, name) -> variables.put(name, thread.getOrDefault(binding, 0L)));
            return variables;
        }

        /**
         * @param times that the statement runs, over all threads
         * @param loaded what the straight piece of code around has loaded
         */
        void visit(Stmt stmt, double times, Set<Expr> loaded) {
            switch (stmt) {
                case Stmt.Seq(List<Stmt> statements) -> statements.forEach(s -> visit(s, times, loaded));
                case Stmt.For(Loop loop, Stmt body) -> {
                    if (loop.binding().isThread()) {
                        threadLoops.put(loop.binding(), loop.name());
                    }
                    if (loop.binding().isBlock()) {
                        grid.add(loop);
                        middles.put(
                                loop.name(), IndexMath.constant(loop.extent()).orElse(0) / 2);
                    }
                    boolean overTiles = loop.binding() == Loop.Binding.SERIAL
                            && body.anyMatch(s -> s instanceof Stmt.Ring)
                            && IndexMath.constant(loop.extent()).isEmpty();
                    double extent = overTiles ? tiles(loop.extent()) : IndexValue.of(loop.extent(), middles, lets);
                    boolean repeats = !loop.binding().isThread() && loop.binding() != Loop.Binding.UNROLL;
                    visit(body, times * extent, repeats ? new HashSet<>() : loaded);
                }
                case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                    double share = share(condition);
                    visit(condition, times, loaded);
                    visit(then, times * share, loaded);
                    otherwise.ifPresent(o -> visit(o, times * (1 - share), loaded));
                }
                case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> {
                    lets.put(variable.name(), value);
                    visit(value, times, loaded);
                    visit(body, times, loaded);
                }
                case Stmt.Allocate(Buffer buffer, Stmt body) -> {
                    if (buffer.scope() == Scope.REGISTER || buffer.scope() == Scope.FRAGMENT) {
                        long registers = Math.ceilDiv(PlanScratch.bytes(buffer), REGISTER_BYTES);
                        accumulators = Math.max(accumulators, Math.toIntExact(registers));
                    }
                    visit(body, times, new HashSet<>());
                }
                case Stmt.Store(Buffer buffer, List<Expr> indices, Expr value, var _) -> {
                    visit(value, times, loaded);
                    access(buffer, indices, value.lanes(), times);
                }
                case Stmt.AsyncCopy(Buffer to, var toIndices, Buffer from, var fromIndices, int elements, Expr _) -> {
                    copiedBytes.put(to.name(), PlanScratch.bytes(to));
                    access(from, fromIndices, elements, times);
                    access(to, toIndices, elements, times);
                }
                case Stmt.Ring ring -> {
                    instructions += times;
                    // All buffers of a ring but the one in use are on their way.
                    double stages = IndexValue.of(ring.barriers().shape().getFirst(), Map.of(), lets);
                    pendingGroups = Math.max(pendingGroups, (int) stages - 2);
                }
                case Stmt.TileCopy copy -> {
                    double bytes = (double) copy.elements() * copy.to().type().bytes();
                    instructions += times;
                    copiedBytes.put(copy.to().name(), PlanScratch.bytes(copy.to()));
                    sectorBytes += times * bytes;
                    sharedCycles += times * Math.ceil(bytes / (BANKS * BANK_BYTES));
                }
                case Stmt.Invoke(Intrinsic intrinsic, List<Stmt.Window> operands) -> invoke(intrinsic, operands, times);
                case Stmt.Check(Expr condition, int _, String _) -> visit(condition, times, loaded);
                case Stmt.Wait(int pending) -> pendingGroups = Math.max(pendingGroups, pending);
                case Stmt.Compute _, Stmt.Barrier _, Stmt.Commit _ -> {}
            }
        }

        /** One stage of the pipeline is multiplied, the group waited for and those pending are on their way. */
        double copiedAheadBytes() {
            double all =
                    copiedBytes.values().stream().mapToLong(Long::longValue).sum();
            return all * (pendingGroups + 1) / (pendingGroups + 2);
        }

        private void visit(Expr expr, double times, Set<Expr> loaded) {
            if (expr instanceof Expr.Load(Buffer buffer, List<Expr> indices)) {
                if (loaded.add(expr)) {
                    if (buffer.scope() == Scope.GLOBAL) {
                        widestLoad = Math.max(
                                widestLoad, expr.lanes() * buffer.type().bytes());
                    }
                    access(buffer, indices, expr.lanes(), times);
                }
                return;
            }
            if (expr.type().isFloat()) {
                switch (expr) {
                    case Expr.Binary b -> instructions += times * b.lanes();
                    // A division of elements or an unusual function is some ten instructions.
                    case Expr.Call c -> instructions += 10 * times * c.lanes();
                    default -> {
                        // Moves and constants are part of another instruction.
                    }
                }
            }
            expr.operands().forEach(operand -> visit(operand, times, loaded));
        }

        /** Operands in registers cost nothing, others are read by each thread of the warp. */
        private void invoke(Intrinsic intrinsic, List<Stmt.Window> operands, double times) {
            instructions += times;
            if (Intrinsics.tile(intrinsic.name()).isPresent()) {
                TensorTile tile = Intrinsics.tile(intrinsic.name()).orElseThrow();
                double each = (double) tile.rows() * tile.columns() * tile.depth() / tile.lanes();
                tensorOperations += times * each * tile.elementType().bytes() / 2;
                inGroups |= tile.readsShared();
            }
            for (int i = 0; i < operands.size(); i++) {
                Stmt.Window window = operands.get(i);
                if (intrinsic.level() == Intrinsic.Level.THREAD) {
                    access(window.buffer(), window.indices(), 1, times);
                } else if (window.buffer().scope() == Scope.SHARED) {
                    // Matrices of a warp are read at the full width of shared memory, rows being in different banks.
                    double bytes = window.buffer().type().bytes();
                    for (int extent : intrinsic.operands().get(i).shape()) {
                        bytes *= extent;
                    }
                    sharedCycles += times / intrinsic.level().threads() * Math.ceil(bytes / (BANKS * BANK_BYTES));
                }
            }
        }

        private void access(Buffer buffer, List<Expr> indices, int elements, double times) {
            if (indices.size() != 1) {
                return;
            }
            double warps = times / lanes.size();
            long bytes = (long) elements * buffer.type().bytes();
            Set<Long> units = new HashSet<>();
            int unit = buffer.scope() == Scope.SHARED ? BANK_BYTES : SECTOR_BYTES;
            for (Map<Loop.Binding, Long> lane : lanes) {
                long first = IndexValue.of(indices.getFirst(), variables(lane), lets)
                        * buffer.type().bytes();
                for (long at = first; at < first + bytes; at += unit) {
                    units.add(Math.floorDiv(at, unit));
                }
            }
            switch (buffer.scope()) {
                case GLOBAL, WORKSPACE -> sectorBytes += warps * units.size() * SECTOR_BYTES;
                case SHARED -> sharedCycles += warps * conflicts(units);
                case REGISTER, FRAGMENT -> {}
            }
        }

        /** How many words of one bank are wanted at once, at most. */
        private static int conflicts(Set<Long> words) {
            int[] wanted = new int[BANKS];
            int most = 1;
            for (long word : words) {
                int bank = Math.floorMod(word, BANKS);
                most = Math.max(most, ++wanted[bank]);
            }
            return most;
        }
    }
}
