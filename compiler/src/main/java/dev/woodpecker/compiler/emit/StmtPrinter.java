package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.lower.SharedMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Statements of one function as C, one or more lines each. */
final class StmtPrinter {
    private static final String INDENT = "    ";
    private static final int LINE_LENGTH = 110;
    /** What a thread of a GPU loads or stores at once, at most. */
    private static final int WIDEST_BYTES = 16;
    /** The array whose size a launch gives. */
    private static final String DYNAMIC_SHARED = "shared_memory";

    private final Dialect dialect;
    private final Prologue helpers;
    private final Names names;
    private final ExprPrinter expressions;
    private final IntrinsicPrinter intrinsics;
    private final PlanScratch scratch;
    private final SharedMemory shared;
    private final Set<String> vectorVariables;
    /** Stores that declare the variable that they give its first value, and its type. */
    private final Map<Stmt.Store, String> declarations = new IdentityHashMap<>();

    private final StringBuilder out;
    private int depth = 1;
    private Origin lastOrigin = Origin.NONE;

    StmtPrinter(
            Dialect dialect,
            Prologue helpers,
            Names names,
            ExprPrinter expressions,
            Stmt phase,
            Set<String> vectorVariables,
            StringBuilder out) {
        this.dialect = dialect;
        this.helpers = helpers;
        this.names = names;
        this.expressions = expressions;
        this.intrinsics = new IntrinsicPrinter(dialect, names, expressions);
        this.scratch = PlanScratch.of(phase);
        this.shared = SharedMemory.of(phase);
        this.vectorVariables = vectorVariables;
        this.out = out;
    }

    void line(String text) {
        String indent = INDENT.repeat(depth);
        for (String line : Lines.broken(text, indent.length())) {
            out.append(indent).append(line).append('\n');
        }
    }

    private void line(String text, Origin origin) {
        if (origin.isKnown() && !origin.equals(lastOrigin)) {
            lastOrigin = origin;
            line(text + " /* " + origin.file() + ":" + origin.line() + " */");
        } else {
            line(text);
        }
    }

    /** What stands before the body of a function of the device. */
    void declareDynamicShared() {
        if (shared.isDynamic()) {
            line("DYNAMIC_SHARED(" + names.declare(DYNAMIC_SHARED) + "); /* " + shared.bytes() + " bytes */");
        }
    }

    void print(Stmt s) {
        switch (s) {
            case Stmt.Seq(List<Stmt> statements) -> statements.forEach(this::print);
            case Stmt.For(Loop loop, Stmt body) -> loop(loop, body);
            case Stmt.If f -> branch(f);
            case Stmt.Let let -> let(let);
            case Stmt.Allocate a -> allocate(a);
            case Stmt.Store store -> store(store);
            case Stmt.Check check -> check(check);
            case Stmt.Barrier _ -> {
                if (!dialect.barrier().isEmpty()) {
                    line(dialect.barrier());
                }
            }
            case Stmt.AsyncCopy copy -> copy(copy);
            case Stmt.Commit _ -> {
                if (isDevice()) {
                    line("cp_async_commit();");
                }
            }
            case Stmt.Wait(int pending) -> {
                if (isDevice()) {
                    line("cp_async_wait<" + pending + ">();");
                }
            }
            case Stmt.Ring ring -> line(intrinsics.statement(ring));
            case Stmt.TileCopy copy -> call(intrinsics.call(copy));
            case Stmt.Invoke invoke -> call(intrinsics.call(invoke));
            case Stmt.Compute c ->
                throw new IllegalStateException("stage " + c.stage() + " must be placed before printing");
        }
    }

    /** A call on one line, or with a line for each argument where that is too long. */
    private void call(IntrinsicPrinter.Call call) {
        String together = call.text() + ";";
        if (together.length() <= LINE_LENGTH) {
            line(together);
            return;
        }
        line(call.function() + "(");
        depth += 2;
        for (int i = 0; i < call.arguments().size(); i++) {
            line(call.arguments().get(i) + (i == call.arguments().size() - 1 ? ");" : ","));
        }
        depth -= 2;
    }

    private boolean isDevice() {
        return !dialect.indices().isEmpty();
    }

    private void block(Stmt body, Bounds bounds) {
        Bounds outer = expressions.bounds();
        expressions.setBounds(bounds);
        names.open();
        depth++;
        print(body);
        depth--;
        names.close();
        expressions.setBounds(outer);
    }

    private void loop(Loop loop, Stmt body) {
        Bounds outer = expressions.bounds();
        Bounds inside = outer.inside(loop);
        String index = dialect.indices().get(loop.binding());
        if (index != null) {
            String variable = names.declare(loop.name());
            line("const " + expressions.indexType() + " " + variable + " = " + index + ";", loop.origin());
            expressions.setBounds(inside);
            print(body);
            expressions.setBounds(outer);
            return;
        }
        String from = "0";
        String to = expressions.print(loop.extent());
        if (loop.binding() == Loop.Binding.PARALLEL && !isDevice()) {
            from = "begin";
            to = "end";
        }
        if (loop.binding() == Loop.Binding.UNROLL && isDevice()) {
            line("#pragma unroll");
        } else if (isDevice() && body.anyMatch(Stmt.Wait.class::isInstance)) {
            // Copies of a pipeline's body would keep the addresses of all that they load in registers.
            line("#pragma unroll 1");
        }
        names.open();
        String i = names.declare(loop.name());
        line(
                "for (" + expressions.indexType() + " " + i + " = " + from + "; " + i + " < " + to + "; " + i + "++) {",
                loop.origin());
        block(body, inside);
        line("}");
        names.close();
    }

    private void branch(Stmt.If f) {
        line("if (" + expressions.print(f.condition()) + ") {");
        block(f.then(), expressions.bounds().assuming(f.condition()));
        Optional<Stmt> otherwise = f.otherwise();
        if (otherwise.isPresent()) {
            line("} else {");
            block(otherwise.get(), expressions.bounds().assumingNot(f.condition()));
        }
        line("}");
    }

    private void let(Stmt.Let let) {
        String value = expressions.print(let.value());
        String type = expressions.typeOf(let.value());
        expressions.define(let.variable(), let.value());
        String text = value;
        if (let.value().type() == DType.BOOL && let.value().lanes() > 1) {
            text = expressions.print(let.value());
        }
        line("const " + type + " " + names.declare(let.variable().name()) + " = " + text + ";");
        Bounds outer = expressions.bounds();
        expressions.setBounds(outer.where(let.variable(), let.value()));
        print(let.body());
        expressions.setBounds(outer);
    }

    // ---- Buffers

    private void allocate(Stmt.Allocate first) {
        List<Buffer> buffers = new ArrayList<>();
        Stmt body = first;
        while (body instanceof Stmt.Allocate(Buffer buffer, Stmt inner)) {
            buffers.add(buffer);
            body = inner;
        }
        Map<String, Stmt.Store> initial = initialStores(buffers, body);
        List<String> pending = new ArrayList<>();
        String pendingType = "";
        for (Buffer buffer : buffers) {
            Optional<String> type = variableType(buffer);
            if (type.isEmpty()) {
                declareAll(pendingType, pending);
                declareMemory(buffer);
                continue;
            }
            expressions.addVariable(buffer);
            String name = names.declareBuffer(buffer.name());
            if (initial.containsKey(buffer.name())) {
                declarations.put(initial.get(buffer.name()), type.get());
                continue;
            }
            if (!type.get().equals(pendingType)) {
                declareAll(pendingType, pending);
                pendingType = type.get();
            }
            pending.add(name);
        }
        declareAll(pendingType, pending);
        print(body);
        buffers.forEach(expressions::removeVariable);
    }

    /** The stores at the very start of {@code body} that give buffers their first value, by buffer. */
    private static Map<String, Stmt.Store> initialStores(List<Buffer> buffers, Stmt body) {
        Set<String> names = new HashSet<>();
        buffers.forEach(b -> names.add(b.name()));
        Map<String, Stmt.Store> initial = new HashMap<>();
        for (Stmt s : body instanceof Stmt.Seq(List<Stmt> statements) ? statements : List.of(body)) {
            boolean whole = s instanceof Stmt.Store store
                    && names.remove(store.buffer().name())
                    && (store.indices().isEmpty() || store.indices().getFirst() instanceof Expr.Ramp);
            if (!whole || !(s instanceof Stmt.Store store) || readsAny(store.value(), buffers, initial)) {
                break;
            }
            initial.put(store.buffer().name(), store);
        }
        return initial;
    }

    /** Whether a value reads one of the buffers before it is initialised. */
    private static boolean readsAny(Expr value, List<Buffer> buffers, Map<String, Stmt.Store> initialised) {
        return value.anyMatch(n -> n instanceof Expr.Load load
                && !initialised.containsKey(load.buffer().name())
                && buffers.stream().anyMatch(b -> b.name().equals(load.buffer().name())));
    }

    private void declareAll(String type, List<String> variables) {
        StringBuilder text = new StringBuilder();
        for (String variable : variables) {
            if (text.length() + variable.length() + type.length() > LINE_LENGTH) {
                line(type + " " + text + ";");
                text.setLength(0);
            }
            text.append(text.isEmpty() ? "" : ", ").append(variable);
        }
        if (!text.isEmpty()) {
            line(type + " " + text + ";");
        }
        variables.clear();
    }

    /** The type of a register buffer that is a variable; empty for one in memory. */
    private Optional<String> variableType(Buffer buffer) {
        if (buffer.scope() != Scope.REGISTER || PlanScratch.isPlaced(buffer) || buffer.rank() > 1) {
            return Optional.empty();
        }
        if (buffer.rank() == 0) {
            return Optional.of(helpers.type(buffer.type(), 1));
        }
        return dialect.vectors() && vectorVariables.contains(buffer.name())
                ? Optional.of(helpers.type(buffer.type(), (int)
                        IndexMath.constant(buffer.shape().getFirst()).orElseThrow()))
                : Optional.empty();
    }

    private void declareMemory(Buffer buffer) {
        String type = dialect.type(buffer.type());
        String name = names.declareBuffer(buffer.name());
        long bytes = PlanScratch.bytes(buffer);
        long elements = Math.max(1, bytes / buffer.type().bytes());
        if (buffer.scope() == Scope.FRAGMENT) {
            line(intrinsics.declaration(buffer, name) + ";");
        } else if (isDevice() && buffer.scope() == Scope.SHARED && shared.isDynamic()) {
            String pointer = type + " *";
            line(pointer + "const " + name + " = (" + pointer + ")(" + names.of(DYNAMIC_SHARED) + " + "
                    + shared.offset(buffer) + "); /* " + elements + " elements */");
        } else if (isDevice()) {
            boolean declared = buffer.scope() == Scope.SHARED;
            boolean wide = elements > 1 && Long.bitCount(bytes) == 1 && bytes >= Integer.BYTES;
            boolean twisted = buffer.layout().isTwisted();
            long own = declared || bytes >= WIDEST_BYTES ? WIDEST_BYTES : wide ? bytes : 0;
            long alignment = twisted ? SharedMemory.alignment(buffer) : own;
            String aligned = alignment > 0 ? " ALIGNED(" + alignment + ")" : "";
            line((declared ? dialect.shared() : "") + type + " " + name + "[" + elements + "]" + aligned + ";");
        } else if (PlanScratch.isPlaced(buffer)) {
            long offset = scratch.offset(buffer);
            String at = offset == 0 ? "scratch" : "((char *)scratch + " + offset + ")";
            line(type + " *" + name + " = (" + type + " *)" + at + ";");
        } else {
            line(type + " " + name + "[" + elements + "] __attribute__((aligned(" + buffer.alignmentBytes() + ")));");
        }
    }

    // ---- Effects

    private void store(Stmt.Store store) {
        Buffer buffer = store.buffer();
        Expr.Load old = new Expr.Load(buffer, store.indices());
        int lanes = old.lanes();
        if (lanes == 1 || expressions.isVariable(buffer)) {
            // A store that stands in several places declares in the first only.
            String type = Optional.ofNullable(declarations.remove(store))
                    .map(t -> t + " ")
                    .orElse("");
            line(type + assignment(store, old) + ";", store.origin());
            return;
        }
        Expr offset = ExprPrinter.offset(buffer, store.indices());
        if (!(offset instanceof Expr.Ramp(Expr first, long stride, int _)) || stride != 1) {
            throw new IllegalStateException("a vector is stored to neighbouring elements only: " + store);
        }
        String to = expressions.pointer(names.ofBuffer(buffer.name()), first);
        String function = helpers.function("store", buffer.type(), lanes);
        line(function + "(" + to + ", " + expressions.stored(store.value()) + ");", store.origin());
    }

    /** {@code to = value}, or {@code to += rest} where the value adds to what is there. */
    private String assignment(Stmt.Store store, Expr.Load old) {
        String to = expressions.place(old);
        if (store.value() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && store.value().type().isFloat()) {
            boolean commutes = op == BinaryOp.ADD || op == BinaryOp.MUL;
            boolean plain = commutes || op == BinaryOp.SUB || op == BinaryOp.DIV;
            if (plain && left.equals(old)) {
                return to + " " + op.symbol() + "= " + expressions.print(right);
            }
            if (commutes && right.equals(old)) {
                return to + " " + op.symbol() + "= " + expressions.print(left);
            }
        }
        return to + " = " + expressions.stored(store.value());
    }

    private void check(Stmt.Check check) {
        String failed = "if (!(" + expressions.print(check.condition()) + ")) ";
        line(failed + (isDevice() ? "{ *status = " + check.code() + "; return; }" : "return " + check.code() + ";"));
    }

    /** On a CPU the copy is made at once, which is one of the moments at which it may be made. */
    private void copy(Stmt.AsyncCopy copy) {
        Expr to = ExprPrinter.offset(copy.to(), copy.toIndices());
        Expr from = ExprPrinter.offset(copy.from(), copy.fromIndices());
        Optional<IntrinsicPrinter.Call> call = intrinsics.call(copy);
        if (call.isPresent()) {
            call(call.get());
            return;
        }
        Expr.Var i = Expr.Var.index("e");
        Expr value = new Expr.Select(
                copy.guard(),
                new Expr.Load(copy.from(), List.of(IndexMath.add(from, i))),
                Expr.zero(copy.to().type()));
        Loop loop = new Loop(
                i,
                Expr.index(copy.elements()),
                Loop.Binding.SERIAL,
                Loop.Carrier.SPATIAL,
                Optional.empty(),
                Origin.NONE);
        Stmt.Store element = new Stmt.Store(copy.to(), List.of(IndexMath.add(to, i)), value, Origin.NONE);
        print(Simplifier.simplify(new Stmt.For(loop, element), expressions.bounds()));
    }
}
