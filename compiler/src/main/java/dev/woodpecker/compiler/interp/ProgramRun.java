package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the stages of a program one after another, elements in row-major order, reductions in axis order. */
final class ProgramRun {
    private static final Worker ALONE = new Worker(new Worker.Block(0));

    private final Map<String, Long> parameters;
    private final Map<String, Memory> tensors = new LinkedHashMap<>();

    ProgramRun(Map<String, Long> parameters) {
        this.parameters = parameters;
    }

    Map<String, HostTensor> run(TensorProgram program, Map<String, HostTensor> inputs) {
        for (TensorProgram.Declaration input : program.inputs()) {
            HostTensor tensor = Arguments.require(
                    inputs, input.name(), input.type(), input.shape().size());
            Arguments.requireShape(input.name(), tensor, evaluate(input.shape()));
            tensors.put(
                    input.name(),
                    Memory.holding(input.name(), tensor, Scope.GLOBAL, LayoutMap.rowMajor(tensor.rank())));
        }
        program.stages().forEach(this::run);
        Map<String, HostTensor> outputs = new LinkedHashMap<>();
        for (String output : program.outputs()) {
            Memory memory = tensors.get(output);
            if (memory == null) {
                throw new InterpreterException("output " + output + " of " + program.name() + " is no stage");
            }
            outputs.put(output, memory.content());
        }
        return outputs;
    }

    private void run(Stage stage) {
        long[] shape = evaluate(stage.shape());
        Memory result = new Memory(stage.name(), stage.type(), Scope.GLOBAL, shape, LayoutMap.rowMajor(shape.length));
        tensors.put(stage.name(), result);
        Slots slots = new Slots();
        ExprCompiler compiler = new ExprCompiler(slots, parameters);
        int[] axisSlots = stage.axes().stream()
                .mapToInt(axis -> slots.of(axis.variable()))
                .toArray();
        Action reduction =
                stage.reduction().map(r -> reduction(r, slots, compiler)).orElse(_ -> {});
        Action store = store(stage, result, compiler);
        slots.variable(ExprCompiler.ACCUMULATOR, 1);
        tensors.keySet().forEach(slots::memory);
        Frame frame = new Frame(slots, ALONE);
        tensors.forEach((name, memory) -> frame.memories[slots.memory(name)] = memory);
        int positionSlot = slots.variable(POSITION, 1);
        for (int position = 0; position < result.elements(); position++) {
            long rest = position;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                frame.integers[axisSlots[axis]] = rest % shape[axis];
                rest /= shape[axis];
            }
            frame.integers[positionSlot] = position;
            reduction.run(frame);
            store.run(frame);
        }
    }

    /** Where the element that is computed lies. */
    private static final String POSITION = "position of the element";

    private interface Action {
        void run(Frame frame);
    }

    private static Action store(Stage stage, Memory result, ExprCompiler compiler) {
        LongCode position = compiler.integer(new Expr.Var(POSITION, DType.I64));
        if (stage.element().type() != stage.type()) {
            throw new InterpreterException(
                    "stage " + stage.name() + " of type " + stage.type().text() + " has an element of type "
                            + stage.element().type().text());
        }
        if (stage.type().isFloat()) {
            DoubleCode value = compiler.real(stage.element());
            return f -> result.set((int) position.run(f, 0), value.run(f, 0), f.worker);
        }
        LongCode value = compiler.integer(stage.element());
        return f -> result.set((int) position.run(f, 0), value.run(f, 0), f.worker);
    }

    private static Action reduction(Stage.Reduction r, Slots slots, ExprCompiler compiler) {
        int accumulator = slots.variable(ExprCompiler.ACCUMULATOR, 1);
        Expr identity = r.op().identity(r.type());
        // The combination as an expression, so that it means what the operator means everywhere.
        Expr step = new Expr.Binary(r.op().combine(), new Expr.Accumulator(r.type()), r.body());
        Action init;
        Action update;
        if (r.type().isFloat()) {
            DoubleCode first = compiler.real(identity);
            DoubleCode next = compiler.real(step);
            init = f -> f.reals[accumulator] = first.run(f, 0);
            update = f -> f.reals[accumulator] = next.run(f, 0);
        } else {
            LongCode first = compiler.integer(identity);
            LongCode next = compiler.integer(step);
            init = f -> f.integers[accumulator] = first.run(f, 0);
            update = f -> f.integers[accumulator] = next.run(f, 0);
        }
        Action loops = update;
        List<Axis> axes = r.axes();
        for (int i = axes.size() - 1; i >= 0; i--) {
            loops = loop(
                    slots.of(axes.get(i).variable()),
                    compiler.integer(axes.get(i).extent()),
                    loops);
        }
        Action all = loops;
        return f -> {
            init.run(f);
            all.run(f);
        };
    }

    private static Action loop(int slot, LongCode extent, Action body) {
        return f -> {
            long trips = extent.run(f, 0);
            for (long i = 0; i < trips; i++) {
                f.integers[slot] = i;
                body.run(f);
            }
        };
    }

    private long[] evaluate(List<Expr> shape) {
        return Arguments.evaluate(shape, parameters);
    }
}
