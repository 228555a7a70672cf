package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Outcome;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** From a program and a trace to a kernel that can be printed: the passes, in order. */
public final class Lowering {
    private static final BiConsumer<String, Stmt> SILENT = (pass, stmt) -> {};

    private Lowering() {}

    /**
     * Lowers a program.
     *
     * @throws LoweringException if a step of the trace does not fit the program
     */
    public static LoweredKernel lower(TensorProgram program, Trace trace, Target target, Numerics numerics) {
        return lower(program, trace, target, numerics, SILENT);
    }

    /** As {@link #lower(TensorProgram, Trace, Target, Numerics)}, showing {@code observer} what each pass of a phase made. */
    public static LoweredKernel lower(
            TensorProgram program, Trace trace, Target target, Numerics numerics, BiConsumer<String, Stmt> observer) {
        LoopNest peeled = peeled(program, trace, numerics);
        List<String> checks = new ArrayList<>();
        List<Stmt> placed = PlaceStages.apply(peeled, checks);
        String symbol = symbol(program.name());
        List<LoweredKernel.Phase> phases = new ArrayList<>();
        for (Stmt s : placed) {
            String name = placed.size() == 1 ? symbol : symbol + "_" + (phases.size() + 1);
            phases.add(phase(name, s, target, numerics, observer));
        }
        return new LoweredKernel(
                program.name(), target, numerics, arguments(peeled), parameters(placed), phases, checks);
    }

    /**
     * The phases as they are before loops become vectors and copies of their bodies: flat indices, one statement where the
     * source has many. This takes a fifth of the time, and is all that counting work and traffic needs.
     */
    public static List<Stmt> loops(TensorProgram program, Trace trace, Target target, Numerics numerics) {
        return PlaceStages.apply(peeled(program, trace, numerics), new ArrayList<>()).stream()
                .map(placed -> {
                    Stmt simple = Simplifier.simplify(placed);
                    Stmt stmt = target.isCuda() ? simple : CacheAccumulators.apply(simple);
                    return FlattenIndices.apply(stmt);
                })
                .toList();
    }

    private static LoopNest peeled(TensorProgram program, Trace trace, Numerics numerics) {
        LoopNest decomposed = DecomposeReductions.apply(AssignScopes.apply(schedule(program, trace, numerics)));
        return decomposed.withTree(PeelLoops.apply(decomposed.tree()));
    }

    /** The nest after all steps of the trace. */
    public static LoopNest schedule(TensorProgram program, Trace trace, Numerics numerics) {
        return switch (trace.apply(LoopNest.of(program, numerics))) {
            case Outcome.Applied(LoopNest nest) -> nest;
            case Outcome.Rejection r ->
                throw new LoweringException(
                        "kernel " + program.name() + ": step " + r.step() + " does not fit: " + r.reason());
        };
    }

    private static LoweredKernel.Phase phase(
            String symbol, Stmt placed, Target target, Numerics numerics, BiConsumer<String, Stmt> observer) {
        Stmt stmt = show("place", placed, observer);
        stmt = show("simplify", Simplifier.simplify(stmt), observer);
        LoweredKernel.Launch launch = LoweredKernel.Launch.NONE;
        if (!target.isCuda()) {
            stmt = show("cache accumulators", CacheAccumulators.apply(stmt), observer);
        }
        stmt = show("combine lanes", WarpReductions.apply(stmt), observer);
        stmt = show("tensorize", TensorizeLoops.apply(stmt, target, numerics), observer);
        stmt = show("specialize", SpecializeLoops.apply(stmt), observer);
        stmt = show("pipeline", PipelineLoops.apply(stmt, target), observer);
        if (target.isCuda()) {
            launch = BindThreads.launch(stmt);
            stmt = show("bind threads", MergeThreadLoops.apply(BindThreads.guard(stmt, launch), launch), observer);
            stmt = show("insert barriers", ProxyFences.apply(InsertBarriers.apply(stmt)), observer);
            stmt = show("outer guards", OuterGuards.apply(stmt), observer);
        }
        stmt = show("flatten indices", FlattenIndices.apply(stmt), observer);
        if (target.isCuda()) {
            stmt = show("wide accesses", WideAccesses.apply(stmt), observer);
            stmt = show("unroll", Unroll.ofTables(stmt), observer);
        } else {
            stmt = show("vectorize", Vectorize.apply(stmt, target), observer);
            stmt = show("unroll", Unroll.apply(stmt), observer);
        }
        stmt = show("scalarize registers", ScalarizeRegisters.apply(stmt), observer);
        stmt = show("clamps of integers", ClampsOfIntegers.apply(Simplifier.simplify(stmt)), observer);
        stmt = show("legalize math", LegalizeMath.apply(stmt, numerics), observer);
        stmt = show("legalize types", LegalizeTypes.apply(stmt, target), observer);
        if (!target.isCuda()) {
            stmt = show("insert prefetches", InsertPrefetches.apply(stmt), observer);
        }
        stmt = show("simplify", Simplifier.simplify(stmt), observer);
        stmt = show("hoist invariants", HoistInvariants.apply(stmt), observer);
        if (target.isCuda()) {
            stmt = show("short names", ShortNames.apply(stmt), observer);
        }
        if (!target.isCuda()) {
            return new LoweredKernel.Phase(symbol, extent(stmt), PlanScratch.bytes(stmt), launch, stmt);
        }
        SharedMemory shared = SharedMemory.of(stmt);
        return new LoweredKernel.Phase(
                symbol, extent(stmt), shared.bytes(), launch.withDynamicShared(shared.dynamicBytes()), stmt);
    }

    private static Stmt show(String pass, Stmt stmt, BiConsumer<String, Stmt> observer) {
        observer.accept(pass, stmt);
        return stmt;
    }

    private static Expr extent(Stmt phase) {
        return switch (phase) {
            case Stmt.For(Loop loop, Stmt _) when loop.binding() == Loop.Binding.PARALLEL -> loop.extent();
            case Stmt.Let(Expr.Var _, Expr _, Stmt body) -> extent(body);
            case Stmt other -> Expr.index(1);
        };
    }

    private static List<LoweredKernel.Argument> arguments(LoopNest nest) {
        List<LoweredKernel.Argument> arguments = new ArrayList<>();
        nest.program().inputs().forEach(i -> arguments.add(argument(nest, i.name(), LoweredKernel.Role.INPUT)));
        nest.program().outputs().forEach(o -> arguments.add(argument(nest, o, LoweredKernel.Role.OUTPUT)));
        nest.buffers().values().stream()
                .filter(b -> b.scope() == Scope.WORKSPACE)
                .forEach(b -> arguments.add(new LoweredKernel.Argument(b, LoweredKernel.Role.WORKSPACE)));
        return arguments;
    }

    private static LoweredKernel.Argument argument(LoopNest nest, String tensor, LoweredKernel.Role role) {
        Buffer buffer = nest.buffers().get(tensor);
        if (buffer == null) {
            throw new LoweringException("program " + nest.program().name() + " has no tensor " + tensor);
        }
        return new LoweredKernel.Argument(buffer, role);
    }

    private static List<Expr.Param> parameters(List<Stmt> phases) {
        Set<Expr.Param> found = new LinkedHashSet<>();
        phases.forEach(p -> collect(p, found));
        return List.copyOf(found);
    }

    private static void collect(Stmt stmt, Set<Expr.Param> found) {
        stmt.expressions().forEach(e -> e.anyMatch(n -> n instanceof Expr.Param p && !found.add(p) && false));
        stmt.children().forEach(child -> collect(child, found));
    }

    /** A C identifier for a kernel's name. */
    static String symbol(String name) {
        String cleaned = name.replaceAll("[^A-Za-z0-9_]", "_");
        return Character.isDigit(cleaned.charAt(0)) ? "k_" + cleaned : cleaned;
    }
}
