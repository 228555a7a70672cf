package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.InterpreterException;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.Finding;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.Verifier;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Kernels of the library with a fault: a condition that is one off, or gone, a loop that runs once more, a stride that is
 * wrong. Where the interpreter sees an access outside its buffer, the verifier has a finding.
 */
@Execution(ExecutionMode.CONCURRENT)
class SeededBoundsTest {
    private static final int FAULTS_OF_A_KERNEL = 1;
    private static final List<Target> TARGETS = List.of(Target.parse("cuda:sm_80"), Target.parse("cpu:x86-64-v2"));

    /** A kernel with one fault, and what the interpreter says of it. */
    private record Outside(LoweredKernel kernel, String message) {}

    @Test
    void whatIsSeenOutsideIsFound() {
        List<Outside> seen = KernelTable.cases().values().parallelStream()
                .flatMap(cases -> faults(cases.getFirst()))
                .toList();
        assertThat(seen).as("faults that show").hasSizeGreaterThan(25);
        assertThat(seen.parallelStream()
                        .filter(outside -> Verifier.verify(outside.kernel).stream()
                                .noneMatch(finding -> finding.kind() == Finding.Kind.BOUNDS))
                        .map(outside -> outside.message + "\n" + text(outside.kernel)))
                .isEmpty();
    }

    private static String text(LoweredKernel kernel) {
        StringBuilder text = new StringBuilder();
        kernel.phases().forEach(phase -> text.append(IrText.of(phase.body())));
        return text.toString();
    }

    private static Stream<Outside> faults(KernelCase c) {
        TensorProgram program = c.program();
        Random random = new Random(c.toString().hashCode());
        Target target = TARGETS.get(random.nextInt(TARGETS.size()));
        LoweredKernel kernel = Lowering.lower(
                program, DefaultSchedule.of(program, target, Numerics.FP32, Map.of()), target, Numerics.FP32);
        List<Outside> seen = new ArrayList<>();
        List<LoweredKernel> faulty = faulty(kernel);
        Collections.shuffle(faulty, random);
        for (LoweredKernel k : faulty.subList(0, Math.min(FAULTS_OF_A_KERNEL, faulty.size()))) {
            try {
                Interpreter.run(k, c.inputs(program));
            } catch (InterpreterException fault) {
                String message = String.valueOf(fault.getMessage());
                if (message.contains(" is outside ")) {
                    seen.add(new Outside(k, c + ": " + message));
                }
            }
        }
        return seen.stream();
    }

    /** The kernel with a fault at each place that can have one. */
    private static List<LoweredKernel> faulty(LoweredKernel kernel) {
        AtomicInteger places = new AtomicInteger();
        withFault(kernel, -1, places);
        List<LoweredKernel> all = new ArrayList<>();
        for (int place = 0; place < places.get(); place++) {
            all.add(withFault(kernel, place, new AtomicInteger()));
        }
        return all;
    }

    private static LoweredKernel withFault(LoweredKernel k, int place, AtomicInteger next) {
        List<LoweredKernel.Phase> phases = k.phases().stream()
                .map(phase -> new LoweredKernel.Phase(
                        phase.symbol(),
                        phase.extent(),
                        phase.scratchBytes(),
                        phase.launch(),
                        phase.body()
                                .rewrite(
                                        s -> mayFail(s) && next.getAndIncrement() == place ? fault(s) : s,
                                        e -> e.rewrite(
                                                n -> mayFail(n) && next.getAndIncrement() == place ? fault(n) : n))))
                .toList();
        return new LoweredKernel(k.name(), k.target(), k.numerics(), k.arguments(), k.parameters(), phases, k.checks());
    }

    private static boolean mayFail(Stmt s) {
        return s instanceof Stmt.If(Expr _, Stmt _, var otherwise) && otherwise.isEmpty()
                || s instanceof Stmt.For(Loop loop, Stmt _)
                        && loop.binding() == Loop.Binding.SERIAL
                        && loop.extent() instanceof Expr.IntConst;
    }

    /** A condition that is gone, a loop that runs once more. */
    private static Stmt fault(Stmt s) {
        return switch (s) {
            case Stmt.If(Expr _, Stmt then, var _) -> then;
            case Stmt.For(Loop loop, Stmt body) ->
                new Stmt.For(loop.withExtent(Expr.index(((Expr.IntConst) loop.extent()).value() + 1)), body);
            default -> s;
        };
    }

    private static boolean mayFail(Expr e) {
        return e instanceof Expr.Binary(BinaryOp op, Expr left, Expr.IntConst(long c, DType _))
                && left.type() == DType.I64
                && (op == BinaryOp.LT || op == BinaryOp.GE || op == BinaryOp.MUL && c > 1);
    }

    /** A limit that is one off, a stride that is one too long. */
    private static Expr fault(Expr e) {
        Expr.Binary b = (Expr.Binary) e;
        long c = ((Expr.IntConst) b.right()).value();
        return new Expr.Binary(b.op(), b.left(), Expr.index(b.op() == BinaryOp.GE ? c - 1 : c + 1));
    }
}
