package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Makes parameters of the numbers in a kernel that depend on shapes, so that kernels of other shapes and blockings become the
 * same text and share one binary: trip counts, strides, divisors, bounds. What the code is good by stays: short innermost
 * loops, small strides, and the offsets inside a register tile, which become displacements of the instructions. A larger
 * offset is written by strides, {@code 928} as {@code 1 * stride + 32}, so that it costs one register a line of a tile.
 * Requires: a lowered kernel for a CPU without parameters. Ensures: with {@link Generalized#values} the kernel means what it
 * did.
 */
public final class GeneralizeConstants {
    /**
     * The kernel with parameters.
     *
     * @param values of its parameters, in their order
     */
    public record Generalized(LoweredKernel kernel, List<Long> values) {
        public Generalized {
            values = List.copyOf(values);
        }
    }

    /** An innermost loop of so few iterations may be worth unrolling by the compiler. */
    private static final long SHORT_LOOP = 16;

    /** A stride of a register tile: eight vectors of 16 lanes. */
    private static final long SMALL_STRIDE = 128;

    /** An offset inside a register tile: 16 pixels of 16 lanes. */
    private static final long SMALL_OFFSET = 256;

    /** A register tile has fewer lines. */
    private static final long MOST_LINES = 64;

    private static final long LIMIT = 1L << 40;

    /** Equal numbers in one role are one parameter; {@code where} is the buffer or the loop. */
    private record Place(String where, String role, long value) {}

    private final Map<Place, Expr.Param> parameters = new LinkedHashMap<>();
    private final Map<String, String> bufferOfVariable = new HashMap<>();
    private final Map<String, TreeSet<Long>> strides = new HashMap<>();

    private GeneralizeConstants() {}

    public static Generalized apply(LoweredKernel kernel) {
        if (!kernel.parameters().isEmpty() || kernel.target().isCuda()) {
            throw new IllegalArgumentException(
                    "kernel " + kernel.name() + ": only kernels for a CPU without parameters can be generalized");
        }
        return new GeneralizeConstants().generalize(kernel);
    }

    private Generalized generalize(LoweredKernel kernel) {
        kernel.phases().forEach(phase -> findUses(phase.body()));
        kernel.phases().forEach(phase -> findStrides(phase.body()));
        Map<String, Buffer> renewed = new HashMap<>();
        List<LoweredKernel.Argument> arguments = new ArrayList<>();
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            Buffer buffer = withExtents(argument.buffer());
            renewed.put(buffer.name(), buffer);
            arguments.add(new LoweredKernel.Argument(buffer, argument.role()));
        }
        List<LoweredKernel.Phase> phases = new ArrayList<>();
        for (LoweredKernel.Phase phase : kernel.phases()) {
            String symbol = kernel.phases().size() == 1 ? "kernel" : "kernel_" + (phases.size() + 1);
            Stmt body = rewrite(phase.body(), renewed);
            phases.add(new LoweredKernel.Phase(
                    symbol,
                    parallel(body).map(Loop::extent).orElse(phase.extent()),
                    phase.scratchBytes(),
                    phase.launch(),
                    body));
        }
        LoweredKernel general = new LoweredKernel(
                "kernel",
                kernel.target(),
                kernel.numerics(),
                arguments,
                List.copyOf(parameters.values()),
                phases,
                kernel.checks());
        return new Generalized(
                general, parameters.keySet().stream().map(Place::value).toList());
    }

    private static java.util.Optional<Loop> parallel(Stmt body) {
        return switch (body) {
            case Stmt.For(Loop loop, Stmt _) when loop.binding() == Loop.Binding.PARALLEL ->
                java.util.Optional.of(loop);
            case Stmt.Let(Expr.Var _, Expr _, Stmt inner) -> parallel(inner);
            case Stmt other -> java.util.Optional.empty();
        };
    }

    /** Each extent is its own: that two are equal now says nothing of other shapes. */
    private Buffer withExtents(Buffer buffer) {
        List<Expr> shape = new ArrayList<>();
        for (int axis = 0; axis < buffer.rank(); axis++) {
            OptionalLong extent = IndexMath.constant(buffer.shape().get(axis));
            shape.add(
                    extent.isPresent()
                            ? parameter(buffer.name() + "." + axis, "extent", extent.getAsLong())
                            : buffer.shape().get(axis));
        }
        return new Buffer(
                buffer.name(), buffer.type(), shape, buffer.layout(), buffer.scope(), buffer.alignmentBytes());
    }

    private Expr.Param parameter(String where, String role, long value) {
        return parameters.computeIfAbsent(
                new Place(where, role, value),
                _ -> new Expr.Param(role + parameters.size(), value < 0 || role.equals("offset") ? -LIMIT : 0, LIMIT, 1));
    }

    /** Which buffer a variable is a part of the index of. */
    private void findUses(Stmt s) {
        s.expressions().forEach(this::findUses);
        if (s instanceof Stmt.Store store) {
            store.indices().forEach(index -> markUses(index, store.buffer()));
        }
        s.children().forEach(this::findUses);
    }

    private void findUses(Expr e) {
        if (e instanceof Expr.Load load) {
            load.indices().forEach(index -> markUses(index, load.buffer()));
        }
        e.operands().forEach(this::findUses);
    }

    private void markUses(Expr index, Buffer buffer) {
        if (index instanceof Expr.Var v) {
            bufferOfVariable.putIfAbsent(v.name(), buffer.name());
        } else if (!(index instanceof Expr.Load)) {
            index.operands().forEach(operand -> markUses(operand, buffer));
        }
    }

    private void findStrides(Stmt s) {
        switch (s) {
            case Stmt.Let(Expr.Var variable, Expr value, Stmt _) -> findStrides(value, whereOf(variable));
            case Stmt.Store store ->
                store.indices()
                        .forEach(index -> findStrides(index, store.buffer().name()));
            case Stmt.Seq _,
                    Stmt.For _,
                    Stmt.If _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Invoke _ -> {}
        }
        s.expressions().forEach(this::findStridesOfLoads);
        s.children().forEach(this::findStrides);
    }

    private void findStridesOfLoads(Expr e) {
        if (e instanceof Expr.Load load) {
            load.indices().forEach(index -> findStrides(index, load.buffer().name()));
        }
        e.operands().forEach(this::findStridesOfLoads);
    }

    private void findStrides(Expr e, String where) {
        if (e instanceof Expr.Binary(BinaryOp op, Expr _, Expr right) && op == BinaryOp.MUL && isIndex(e)) {
            IndexMath.constant(right).ifPresent(stride -> {
                if (stride > SMALL_STRIDE) {
                    strides.computeIfAbsent(where, _ -> new TreeSet<>()).add(stride);
                }
            });
        }
        if (!(e instanceof Expr.Load)) {
            e.operands().forEach(operand -> findStrides(operand, where));
        }
    }

    private String whereOf(Expr.Var variable) {
        return bufferOfVariable.getOrDefault(variable.name(), variable.name());
    }

    private static boolean isIndex(Expr e) {
        return e.type() == DType.I64 && e.lanes() == 1;
    }

    private Stmt rewrite(Stmt s, Map<String, Buffer> renewed) {
        return switch (s) {
            case Stmt.For(Loop loop, Stmt body) -> {
                Loop general = general(loop, body);
                yield new Stmt.For(general, rewrite(body, renewed));
            }
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) ->
                new Stmt.Let(
                        variable,
                        variable.type() == DType.I64 && variable.lanes() == 1
                                ? index(value, whereOf(variable), renewed)
                                : value(value, renewed),
                        rewrite(body, renewed));
            case Stmt.Store(Buffer buffer, List<Expr> indices, Expr value, var origin) ->
                new Stmt.Store(
                        renewed.getOrDefault(buffer.name(), buffer),
                        indices(buffer, indices, renewed),
                        value(value, renewed),
                        origin);
            case Stmt.If _,
                    Stmt.Check _,
                    Stmt.Seq _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Invoke _ -> s.map(child -> rewrite(child, renewed), e -> value(e, renewed));
        };
    }

    private Loop general(Loop loop, Stmt body) {
        OptionalLong extent = IndexMath.constant(loop.extent());
        boolean isPlain = loop.binding() == Loop.Binding.SERIAL || loop.binding() == Loop.Binding.PARALLEL;
        boolean isShort = extent.orElse(0) <= SHORT_LOOP && !body.anyMatch(s -> s instanceof Stmt.For);
        return isPlain && extent.isPresent() && (!isShort || loop.binding() == Loop.Binding.PARALLEL)
                ? loop.withExtent(parameter(loop.name(), "trips", extent.getAsLong()))
                : loop;
    }

    private List<Expr> indices(Buffer buffer, List<Expr> indices, Map<String, Buffer> renewed) {
        boolean isMemory = buffer.scope() == Scope.GLOBAL || buffer.scope() == Scope.WORKSPACE;
        return indices.stream()
                .map(index -> isMemory ? index(index, buffer.name(), renewed) : value(index, renewed))
                .toList();
    }

    /** What is no index: only the indices of its loads and its conditions on indices change. */
    private Expr value(Expr e, Map<String, Buffer> renewed) {
        return switch (e) {
            case Expr.Load(Buffer buffer, List<Expr> indices) ->
                new Expr.Load(renewed.getOrDefault(buffer.name(), buffer), indices(buffer, indices, renewed));
            case Expr.Binary(BinaryOp op, Expr left, Expr right) when op.isComparison() && isIndex(left) ->
                new Expr.Binary(op, bounded(left, renewed), bounded(right, renewed));
            case Expr other -> other.mapOperands(operand -> value(operand, renewed));
        };
    }

    /** A side of a comparison. */
    private Expr bounded(Expr e, Map<String, Buffer> renewed) {
        return e instanceof Expr.IntConst(long value, DType _) && value != 0
                ? parameter("", "bound", value)
                : index(e, "", renewed);
    }

    private Expr index(Expr e, String where, Map<String, Buffer> renewed) {
        if (!isIndex(e)) {
            return e instanceof Expr.Ramp || e instanceof Expr.Broadcast
                    ? e.mapOperands(operand -> index(operand, where, renewed))
                    : value(e, renewed);
        }
        return switch (e) {
            case Expr.IntConst(long value, DType _) -> offset(value, where);
            case Expr.Binary(BinaryOp op, Expr left, Expr right) -> {
                OptionalLong constant = IndexMath.constant(right);
                Expr general = index(left, where, renewed);
                if (constant.isEmpty()) {
                    yield new Expr.Binary(op, general, index(right, where, renewed));
                }
                yield new Expr.Binary(op, general, operand(op, constant.getAsLong(), where));
            }
            case Expr.Load _ -> value(e, renewed);
            case Expr other -> other.mapOperands(operand -> index(operand, where, renewed));
        };
    }

    private Expr operand(BinaryOp op, long value, String where) {
        return switch (op) {
            case ADD, SUB -> offset(value, where);
            case MUL -> Math.abs(value) > SMALL_STRIDE ? parameter(where, "stride", value) : Expr.index(value);
            case DIV, REM -> value > 1 ? parameter(where, "divisor", value) : Expr.index(value);
            case MIN, MAX -> value == 0 ? Expr.index(value) : parameter(where, "bound", value);
            case AND, OR, XOR, SHL, SHR, LT, LE, GT, GE, EQ, NE -> Expr.index(value);
        };
    }

    /** An offset by the strides of its buffer, the widest first, and what is left. */
    private Expr offset(long value, String where) {
        if (Math.abs(value) <= SMALL_OFFSET) {
            return Expr.index(value);
        }
        long rest = value;
        Expr sum = Expr.index(0);
        for (long stride : strides.getOrDefault(where, new TreeSet<>()).descendingSet()) {
            long lines = Math.floorDiv(rest, stride);
            if (lines != 0 && Math.abs(lines) <= MOST_LINES) {
                Expr.Param parameter = parameter(where, "stride", stride);
                sum = IndexMath.add(sum, lines == 1 ? parameter : IndexMath.mul(parameter, Expr.index(lines)));
                rest -= lines * stride;
            }
        }
        return IndexMath.add(
                sum, Math.abs(rest) <= SMALL_OFFSET ? Expr.index(rest) : parameter(where, "offset", rest));
    }
}
