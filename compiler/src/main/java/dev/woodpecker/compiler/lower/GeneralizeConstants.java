package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes parameters of the numbers in a kernel that depend on shapes, so that kernels of other shapes and blockings become the
 * same text and share one binary: trip counts, strides, divisors, bounds. What the code is good by stays: short innermost
 * loops, small strides, and the offsets inside a register tile, which become displacements of the instructions. A larger
 * offset is written by the strides of its buffer, {@code 928} as {@code stride + 32}, so that it costs one register a line.
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

    /** Innermost loops of so many iterations run over the lanes of a vector, and may be worth unrolling by the compiler. */
    private static final Set<Long> LANES = Set.of(8L, 16L);

    /** A stride of a register tile: eight vectors of 16 lanes. */
    private static final long SMALL_STRIDE = 128;

    /** An offset inside a register tile: 16 pixels of 16 lanes. */
    private static final long SMALL_OFFSET = 256;

    /** A register tile has no more lines. */
    private static final long MOST_LINES = 16;

    /**
     * What a parameter is for. The ranges are so that no index overflows 64 bits.
     *
     * @param least that a parameter may be
     */
    private enum Role {
        EXTENT(0, 1L << 32),
        TRIPS(1, 1L << 20),
        DIVISOR(1, 1L << 20),
        STRIDE(1, 1L << 32),
        BOUND(-(1L << 32), 1L << 32),
        OFFSET(-(1L << 40), 1L << 40);

        private final long least;
        private final long greatest;

        Role(long least, long greatest) {
            this.least = least;
            this.greatest = greatest;
        }
    }

    /** Equal numbers in one role are one parameter; {@code where} is the buffer or the loop. */
    private record Place(String where, Role role, long value) {}

    private final Map<Place, Expr.Param> parameters = new LinkedHashMap<>();
    private final Map<String, String> bufferOfVariable = new HashMap<>();
    private final Map<String, TreeSet<Long>> strides = new HashMap<>();
    private final Map<String, TreeSet<Long>> offsets = new HashMap<>();

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
        kernel.arguments().forEach(argument -> strides.put(argument.buffer().name(), strides(argument.buffer())));
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
            case Stmt.For(Loop loop, Stmt _)
            when loop.binding() == Loop.Binding.PARALLEL -> java.util.Optional.of(loop);
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
                            ? parameter(buffer.name() + "." + axis, Role.EXTENT, extent.getAsLong())
                            : buffer.shape().get(axis));
        }
        return new Buffer(
                buffer.name(), buffer.type(), shape, buffer.layout(), buffer.scope(), buffer.alignmentBytes());
    }

    /** The parameter of this value, or the value itself where it is out of range. */
    private Expr parameter(String where, Role role, long value) {
        if (value < role.least || value > role.greatest) {
            return Expr.index(value);
        }
        return parameters.computeIfAbsent(
                new Place(where, role, value),
                _ -> new Expr.Param(
                        role.name().toLowerCase(Locale.ROOT) + parameters.size(), role.least, role.greatest, 1));
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

    /** How far apart neighbours along each physical dimension lie, where that is far. */
    private static TreeSet<Long> strides(Buffer buffer) {
        TreeSet<Long> found = new TreeSet<>();
        long stride = 1;
        for (LayoutMap.Dimension d : buffer.layout().dimensions().reversed()) {
            if (stride > SMALL_STRIDE) {
                found.add(stride);
            }
            stride *= d.size(IndexMath.constant(buffer.shape().get(d.axis())).orElse(1));
        }
        return found;
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
                yield new Stmt.For(general, withQuotients(loop.variable(), rewrite(body, renewed)));
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
            case Stmt.Invoke(var intrinsic, List<Stmt.Window> operands) ->
                new Stmt.Invoke(
                        intrinsic,
                        operands.stream()
                                .map(operand -> new Stmt.Window(
                                        operand.buffer(), indices(operand.buffer(), operand.indices(), renewed)))
                                .toList());
            case Stmt.If _,
                    Stmt.Check _,
                    Stmt.Seq _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _ -> s.map(child -> rewrite(child, renewed), e -> value(e, renewed));
        };
    }

    /**
     * Binds quotients and remainders of a loop's variable before its body: the compiler cannot move a division by what it
     * does not know out of the loops inside.
     */
    private Stmt withQuotients(Expr.Var variable, Stmt body) {
        Map<Expr, Expr.Var> quotients = new LinkedHashMap<>();
        Stmt bound = body.rewrite(
                s -> s,
                e -> e.rewrite(node -> {
                    boolean isQuotient = node instanceof Expr.Binary(BinaryOp op, Expr left, Expr.Param _)
                            && (op == BinaryOp.DIV || op == BinaryOp.REM)
                            && (left.equals(variable) || left instanceof Expr.Var v && quotients.containsValue(v));
                    return isQuotient
                            ? quotients.computeIfAbsent(
                                    node, _ -> Expr.Var.index(variable.name() + ".part" + quotients.size()))
                            : node;
                }));
        Stmt result = bound;
        for (Map.Entry<Expr, Expr.Var> quotient : new ArrayList<>(quotients.entrySet()).reversed()) {
            result = new Stmt.Let(quotient.getValue(), quotient.getKey(), result);
        }
        return result;
    }

    private Loop general(Loop loop, Stmt body) {
        OptionalLong extent = IndexMath.constant(loop.extent());
        boolean isPlain = loop.binding() == Loop.Binding.SERIAL || loop.binding() == Loop.Binding.PARALLEL;
        boolean isShort = LANES.contains(extent.orElse(0)) && !body.anyMatch(s -> s instanceof Stmt.For);
        return isPlain && extent.isPresent() && (!isShort || loop.binding() == Loop.Binding.PARALLEL)
                ? loop.withExtent(parameter(loop.name(), Role.TRIPS, extent.getAsLong()))
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
            case Expr.Binary(BinaryOp op, Expr left, Expr right)
            when op.isComparison() && isIndex(left) ->
                new Expr.Binary(op, bounded(left, renewed), bounded(right, renewed));
            case Expr other -> other.mapOperands(operand -> value(operand, renewed));
        };
    }

    /** A side of a comparison. */
    private Expr bounded(Expr e, Map<String, Buffer> renewed) {
        return e instanceof Expr.IntConst(long value, DType _) && value != 0
                ? parameter("", Role.BOUND, value)
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
            case MUL -> Math.abs(value) > SMALL_STRIDE ? parameter(where, Role.STRIDE, value) : Expr.index(value);
            case DIV, REM -> value > 1 ? parameter("", Role.DIVISOR, value) : Expr.index(value);
            case MIN, MAX -> value == 0 ? Expr.index(value) : parameter(where, Role.BOUND, value);
            case AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> Expr.index(value);
        };
    }

    /** An offset by the strides of its buffer, the widest first, and what is left. */
    private Expr offset(long value, String where) {
        long rest = value;
        Expr sum = Expr.index(0);
        for (long stride : strides.getOrDefault(where, new TreeSet<>()).descendingSet()) {
            long lines = rest / stride;
            if (lines > 0 && lines <= MOST_LINES) {
                Expr parameter = parameter(where, Role.STRIDE, stride);
                sum = IndexMath.add(sum, IndexMath.mul(parameter, Expr.index(lines)));
                rest -= lines * stride;
            }
        }
        if (Math.abs(rest) <= SMALL_OFFSET) {
            return IndexMath.add(sum, Expr.index(rest));
        }
        // Offsets near each other are one parameter with small distances.
        TreeSet<Long> known = offsets.computeIfAbsent(where, _ -> new TreeSet<>());
        Long base = known.floor(rest);
        if (base == null || rest - base > SMALL_OFFSET) {
            base = rest;
            known.add(base);
        }
        Expr far = IndexMath.add(parameter(where, Role.OFFSET, base), Expr.index(rest - base));
        return IndexMath.add(sum, far);
    }
}
