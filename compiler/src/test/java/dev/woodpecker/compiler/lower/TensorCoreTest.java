package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.Golden;
import dev.woodpecker.compiler.TensorProduct;
import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.InterpreterException;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Distribution.Digit;
import dev.woodpecker.compiler.ir.Distribution.Source;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Pipeline;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.target.Fragments;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A ragged matrix product on tensor cores, from its schedule to its CUDA text; and that what would break it is found. */
class TensorCoreTest {
    private static final Target SM_80 = Target.parse("cuda:sm_80");
    private static final TensorProgram PROGRAM =
            TensorProduct.program(TensorProduct.M, TensorProduct.N, TensorProduct.K);

    // ---- What it computes

    @ParameterizedTest
    @CsvSource({"19, 13, 40", "16, 8, 32", "16, 9, 48", "33, 8, 24", "40, 31, 104"})
    void itIsTheProductToTheLastBitWhereSumsAreExact(int m, int n, int k) {
        TensorProgram program = TensorProduct.program(m, n, k);
        Map<String, HostTensor> inputs = inputs(program, random -> random.nextInt(-16, 17) / 4.0);
        assertThat(run(lower(program, "y"), inputs)).isEqualTo(reference(program, inputs));
    }

    @Test
    void itIsTheProductWithinTheBoundOfItsNumerics() {
        Map<String, HostTensor> inputs = inputs(PROGRAM, Random::nextGaussian);
        HostTensor expected = reference(PROGRAM, inputs);
        HostTensor actual = run(lower(PROGRAM, "y"), inputs);
        for (int m = 0; m < TensorProduct.M; m++) {
            for (int n = 0; n < TensorProduct.N; n++) {
                double terms = Math.abs(inputs.get("bias").real(n));
                for (int k = 0; k < TensorProduct.K; k++) {
                    terms += Math.abs(inputs.get("a").real(m * TensorProduct.K + k)
                            * inputs.get("b").real(n * TensorProduct.K + k));
                }
                int at = m * TensorProduct.N + n;
                double bound = 8 * Math.sqrt(TensorProduct.K) * 0x1p-24 * terms;
                assertThat(Math.abs(actual.real(at) - expected.real(at))).isLessThanOrEqualTo(bound);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void copiesMayRunFurtherAhead(int stages) {
        TensorProgram program = TensorProduct.program(19, 13, 104);
        List<Step> steps = new ArrayList<>(TensorProduct.trace("y").steps());
        steps.set(steps.size() - 1, new Pipeline("k.o", Factor.of(stages)));
        Map<String, HostTensor> inputs = inputs(program, random -> random.nextInt(-8, 9));
        LoweredKernel kernel = Lowering.lower(program, Trace.of("test", steps), SM_80, Numerics.FP32);
        assertThat(run(kernel, inputs)).isEqualTo(reference(program, inputs));
        assertThat(waits(kernel))
                .as("each leaves the groups of later iterations under way")
                .containsExactly(stages - 2);
    }

    @Test
    void severalWarpsHaveSeveralTilesEach() {
        TensorProgram program = TensorProduct.program(45, 27, 104);
        Map<String, HostTensor> inputs = inputs(program, random -> random.nextInt(-8, 9));
        List<Finding> findings = new ArrayList<>();
        LoweredKernel kernel =
                Lowering.lower(program, TensorProduct.wideTrace("y"), SM_80, Numerics.FP32, (pass, stmt) -> {
                    if (pass.equals("insert barriers")) {
                        findings.addAll(Verifier.verify("product", stmt, SM_80));
                    }
                });
        assertThat(run(kernel, inputs)).isEqualTo(reference(program, inputs));
        assertThat(findings).isEmpty();
        assertThat(kernel.phases().getFirst().launch().block()).containsExactly(32, 2, 1);
        Golden.check("tensor/two_warps.cu", withoutPrelude(CPrinter.print(kernel, Dialect.CUDA)));
    }

    @Test
    void withoutAPipelineTheCopiesAreThoseOfTheThreads() {
        List<Step> steps = TensorProduct.trace("y").steps();
        Trace plain = Trace.of("test", steps.subList(0, steps.size() - 1));
        Map<String, HostTensor> inputs = inputs(PROGRAM, random -> random.nextInt(-8, 9));
        LoweredKernel kernel = Lowering.lower(PROGRAM, plain, SM_80, Numerics.FP32);
        assertThat(run(kernel, inputs)).isEqualTo(reference(PROGRAM, inputs));
        assertThat(has(kernel, Stmt.AsyncCopy.class::isInstance)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"40, cuda:sm_80, true", "44, cuda:sm_80, false", "41, cuda:sm_80, false"})
    void whatNoInstructionCopiesWaitsInRegisters(int k, String target, boolean asynchronous) {
        TensorProgram program = TensorProduct.program(19, 13, k);
        Map<String, HostTensor> inputs = inputs(program, random -> random.nextInt(-8, 9));
        List<Finding> findings = new ArrayList<>();
        Target machine = Target.parse(target);
        LoweredKernel kernel =
                Lowering.lower(program, TensorProduct.trace("y"), machine, Numerics.FP32, (pass, stmt) -> {
                    if (pass.equals("insert barriers")) {
                        findings.addAll(Verifier.verify("product", stmt, machine));
                    }
                });
        assertThat(findings).isEmpty();
        assertThat(run(kernel, inputs)).isEqualTo(reference(program, inputs));
        assertThat(has(kernel, Stmt.AsyncCopy.class::isInstance)).isEqualTo(asynchronous);
        assertThat(has(
                        kernel,
                        s -> s instanceof Stmt.Allocate(Buffer b, Stmt _)
                                && b.name().endsWith(".ahead")))
                .isNotEqualTo(asynchronous);
        assertThat(barriersInLoops(kernel)).as("parts of memory in turn").isEqualTo(1);
    }

    private static long barriersInLoops(LoweredKernel kernel) {
        List<Stmt> barriers = new ArrayList<>();
        kernel.phases().getFirst().body().anyMatch(s -> {
            if (s instanceof Stmt.For f && f.loop().name().startsWith("k")) {
                f.body().anyMatch(b -> b instanceof Stmt.Barrier && barriers.add(b) && false);
            }
            return false;
        });
        return barriers.size();
    }

    @Test
    void aKernelThatIsWrittenForAnyTypeIsOne() {
        Binding half = Binding.of("product")
                .tensor("a", DType.F16, TensorProduct.M, TensorProduct.K)
                .tensor("b", DType.F16, TensorProduct.N, TensorProduct.K)
                .tensor("bias", DType.F16, TensorProduct.N);
        TensorProgram program = Specializer.specialize(TensorProduct.KERNEL, half);
        assertThat(program.stage("out").orElseThrow().type()).isEqualTo(DType.F16);
        Map<String, HostTensor> inputs = inputs(program, random -> random.nextInt(-8, 9) / 2.0);
        assertThat(run(lower(program, "out"), inputs)).isEqualTo(reference(program, inputs));
    }

    // ---- What it becomes

    @Test
    void passesAndText() {
        StringBuilder passes = new StringBuilder();
        LoweredKernel kernel = Lowering.lower(PROGRAM, TensorProduct.trace("y"), SM_80, Numerics.FP32, (pass, stmt) -> {
            if (List.of("simplify", "tensorize", "pipeline", "insert barriers").contains(pass)
                    && passes.indexOf("insert barriers") < 0) {
                passes.append("after ")
                        .append(pass)
                        .append("\n\n")
                        .append(IrText.of(stmt))
                        .append('\n');
            }
        });
        Golden.check("tensor/passes.txt", passes.toString());
        Golden.check("tensor/product.cu", withoutPrelude(CPrinter.print(kernel, Dialect.CUDA)));
    }

    private static String withoutPrelude(String text) {
        assertThat(text).startsWith(Dialect.CUDA.prelude());
        return text.substring(Dialect.CUDA.prelude().length()).stripLeading();
    }

    @Test
    void theVerifierHasNothingToSay() {
        List<Finding> findings = new ArrayList<>();
        LoweredKernel kernel = Lowering.lower(PROGRAM, TensorProduct.trace("y"), SM_80, Numerics.FP32, (pass, stmt) -> {
            if (pass.equals("insert barriers")) {
                findings.addAll(Verifier.verify("product", stmt, SM_80));
            }
        });
        assertThat(findings).isEmpty();
        assertThat(kernel.phases()).singleElement().satisfies(phase -> {
            assertThat(phase.launch().block()).containsExactly(32, 1, 1);
            assertThat(phase.launch().grid()).containsExactly(Expr.index(2), Expr.index(2), Expr.index(1));
            assertThat(phase.scratchBytes()).as("two stages of both tiles").isEqualTo(2 * (16 + 8) * 16 * 2);
        });
    }

    @Test
    void aMachineWithoutTheInstructionIsAnError() {
        assertThatThrownBy(() ->
                        Lowering.lower(PROGRAM, TensorProduct.trace("y"), Target.parse("cuda:sm_75"), Numerics.FP32))
                .isInstanceOf(LoweringException.class)
                .hasMessage("cuda:sm_75 has no mma_m16n8k16_f32_f16; it needs cuda:sm_80 or later");
        LoweredKernel kernel = lower(PROGRAM, "y");
        assertThatThrownBy(() -> CPrinter.print(kernel, Dialect.C))
                .hasMessage("intrinsic ldmatrix_x4 has no form in dialect c; it has: cuda");
    }

    // ---- What would break it

    @Test
    void everyWaitIsNeeded() {
        requireEachNeeded(Stmt.Wait.class::isInstance, 1, "that was not waited for");
    }

    @Test
    void everyCommitIsNeeded() {
        requireEachNeeded(Stmt.Commit.class::isInstance, 2, "that was not waited for");
    }

    @Test
    void everyBarrierIsNeeded() {
        requireEachNeeded(Stmt.Barrier.class::isInstance, 1, "without a barrier between");
    }

    /** The other warps, and lanes, may still read the buffer that the copies go to. */
    @Test
    void aBarrierAfterTheCopiesHaveStartedIsTooLate() {
        requireFound(s -> {
            if (!(s instanceof Stmt.Seq(List<Stmt> statements))
                    || !statements.contains(new Stmt.Barrier())
                    || statements.indexOf(new Stmt.Commit()) < statements.indexOf(new Stmt.Barrier())) {
                return s;
            }
            List<Stmt> late = new ArrayList<>(statements);
            late.remove(new Stmt.Barrier());
            late.add(late.indexOf(new Stmt.Commit()) + 1, new Stmt.Barrier());
            return Stmt.seq(late);
        });
    }

    @Test
    void aWaitThatLeavesTooManyGroupsIsFound() {
        requireFound(s -> s instanceof Stmt.Wait(int pending) ? new Stmt.Wait(pending + 1) : s);
    }

    @Test
    void copiesIntoTheBufferThatIsReadAreFound() {
        requireFound(s -> s instanceof Stmt.AsyncCopy c
                ? new Stmt.AsyncCopy(
                        c.to(),
                        List.of(IndexMath.rem(
                                c.toIndices().getFirst(), c.to().name().equals("a.cache") ? 256 : 128)),
                        c.from(),
                        c.fromIndices(),
                        c.elements(),
                        c.guard())
                : s);
    }

    @Test
    void aSwappedRegisterIsFound() {
        // a1 and a2 of the four registers exchanged: rows and columns 8 further on.
        Distribution swapped = new Distribution(
                "swapped",
                16,
                16,
                32,
                8,
                List.of(new Digit(Source.LANE, 4, 0, 1), new Digit(Source.VALUE, 4, 0, 8)),
                List.of(
                        new Digit(Source.LANE, 1, 4, 2),
                        new Digit(Source.VALUE, 1, 2, 1),
                        new Digit(Source.VALUE, 2, 2, 8)));
        Intrinsic load = Intrinsics.LDMATRIX_X4;
        Intrinsic wrong = new Intrinsic(
                load.name(),
                load.level(),
                List.of(
                        Intrinsic.Operand.fragment("fragment", DType.F16, swapped, Intrinsic.Access.WRITE),
                        load.operand("tile")),
                load.semantics(),
                load.templates());
        requireFound(s ->
                s instanceof Stmt.Invoke i && i.intrinsic().equals(load) ? new Stmt.Invoke(wrong, i.operands()) : s);
    }

    @Test
    void aSwappedAccumulatorIsFound() {
        requireFound(s -> s instanceof Stmt.Store store && store.buffer().scope() == Scope.GLOBAL
                ? store.map(
                        child -> child,
                        e -> e.rewrite(n ->
                                n instanceof Expr.Load load && load.buffer().scope() == Scope.FRAGMENT
                                        ? new Expr.Load(
                                                load.buffer(),
                                                List.of(swapped(load.indices().getFirst())))
                                        : n))
                : s);
    }

    /** Rows and columns of a lane's four values exchanged. */
    private static Expr swapped(Expr value) {
        return LoopNest.substitute(value, Map.of("pair", Expr.Var.index("value"), "value", Expr.Var.index("pair")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.cache", "b.cache"})
    void aTileThatBeginsOneOffIsFound(String buffer) {
        requireFound(s -> s instanceof Stmt.Invoke(Intrinsic intrinsic, List<Stmt.Window> operands)
                ? new Stmt.Invoke(
                        intrinsic,
                        operands.stream()
                                .map(w -> w.buffer().name().equals(buffer)
                                        ? new Stmt.Window(
                                                w.buffer(),
                                                List.of(IndexMath.add(
                                                        w.indices().getFirst(), Expr.index(1))))
                                        : w)
                                .toList())
                : s);
    }

    @Test
    void aTileTooFewIsFound() {
        requireFound(s ->
                s instanceof Stmt.For(Loop loop, Stmt body) && loop.name().equals("k.o")
                        ? new Stmt.For(loop.withExtent(IndexMath.sub(loop.extent(), Expr.index(1))), body)
                        : s);
    }

    @Test
    void rowsBeyondTheResultMustNotBeStored() {
        requireFound(s -> s instanceof Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise)
                        && then.anyMatch(t -> t instanceof Stmt.Store)
                ? new Stmt.If(oneFurther(condition), then, otherwise)
                : s);
    }

    @Test
    void whatLiesBeyondTheOperandsMustBeZero() {
        requireFound(s -> s instanceof Stmt.AsyncCopy c
                ? new Stmt.AsyncCopy(
                        c.to(), c.toIndices(), c.from(), c.fromIndices(), c.elements(), oneFurther(c.guard()))
                : s);
    }

    private static Expr oneFurther(Expr condition) {
        return condition.rewrite(e -> e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right) && op == BinaryOp.LT
                ? new Expr.Binary(op, left, IndexMath.add(right, Expr.index(1)))
                : e);
    }

    @Test
    void distributionsOfTheTableAreTheOnesUsed() {
        LoweredKernel kernel = lower(PROGRAM, "y");
        assertThat(has(
                        kernel,
                        s -> s instanceof Stmt.Invoke i
                                && i.intrinsic().equals(Intrinsics.MMA_M16N8K16_F32_F16)
                                && i.intrinsic()
                                        .operand("left")
                                        .distribution()
                                        .equals(Optional.of(Fragments.M16K16_LEFT))))
                .isTrue();
    }

    // ---- Running

    private static LoweredKernel lower(TensorProgram program, String output) {
        return Lowering.lower(program, TensorProduct.trace(output), SM_80, Numerics.FP32);
    }

    private interface Element {
        double next(Random random);
    }

    private static Map<String, HostTensor> inputs(TensorProgram program, Element element) {
        Random random = new Random(7);
        Map<String, HostTensor> inputs = new HashMap<>();
        for (TensorProgram.Declaration input : program.inputs()) {
            long[] shape = input.shape().stream()
                    .mapToLong(e -> IndexMath.constant(e).orElseThrow())
                    .toArray();
            double[] values = new double[HostTensor.zeros(input.type(), shape).elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = element.next(random);
            }
            inputs.put(input.name(), HostTensor.ofReals(input.type(), values, shape));
        }
        return inputs;
    }

    private static HostTensor reference(TensorProgram program, Map<String, HostTensor> inputs) {
        return Interpreter.run(program, inputs).get(program.outputs().getFirst());
    }

    private static HostTensor run(LoweredKernel kernel, Map<String, HostTensor> inputs) {
        Map<String, HostTensor> outputs = Interpreter.run(kernel, inputs).outputs();
        assertThat(outputs).hasSize(1);
        return outputs.values().iterator().next();
    }

    private static LoweredKernel changed(LoweredKernel kernel, UnaryOperator<Stmt> change) {
        List<LoweredKernel.Phase> phases = kernel.phases().stream()
                .map(p -> new LoweredKernel.Phase(
                        p.symbol(),
                        p.extent(),
                        p.scratchBytes(),
                        p.launch(),
                        p.body().rewrite(change, e -> e)))
                .toList();
        return new LoweredKernel(
                kernel.name(),
                kernel.target(),
                kernel.numerics(),
                kernel.arguments(),
                kernel.parameters(),
                phases,
                kernel.checks());
    }

    /** The kernel with this change gives a wrong result, or runs into what the interpreter does not let pass. */
    private static void requireFound(UnaryOperator<Stmt> change) {
        LoweredKernel kernel = lower(PROGRAM, "y");
        LoweredKernel wrong = changed(kernel, change);
        assertThat(wrong.phases()).as("the change changes something").isNotEqualTo(kernel.phases());
        Map<String, HostTensor> inputs = inputs(PROGRAM, random -> random.nextInt(1, 17));
        HostTensor expected = reference(PROGRAM, inputs);
        assertThat(run(kernel, inputs)).isEqualTo(expected);
        try {
            assertThat(run(wrong, inputs)).isNotEqualTo(expected);
        } catch (InterpreterException found) {
            assertThat(found).hasMessageContaining("tensor_product");
        }
    }

    /** Without any one of these statements, of which there are {@code count}, the interpreter says why not. */
    private static void requireEachNeeded(Predicate<Stmt> test, int count, String reason) {
        LoweredKernel kernel = lower(PROGRAM, "y");
        Map<String, HostTensor> inputs = inputs(PROGRAM, random -> random.nextInt(1, 17));
        AtomicInteger number = new AtomicInteger();
        changed(kernel, s -> {
            number.addAndGet(test.test(s) ? 1 : 0);
            return s;
        });
        assertThat(number).hasValue(count);
        for (int i = 0; i < count; i++) {
            int dropped = i;
            AtomicInteger seen = new AtomicInteger();
            LoweredKernel without = changed(
                    kernel, s -> test.test(s) && seen.getAndIncrement() == dropped ? new Stmt.Seq(List.of()) : s);
            assertThatThrownBy(() -> run(without, inputs))
                    .as("number " + i)
                    .isInstanceOf(InterpreterException.class)
                    .hasMessageContaining(reason);
        }
    }

    private static boolean has(LoweredKernel kernel, Predicate<Stmt> test) {
        return kernel.phases().stream().anyMatch(p -> p.body().anyMatch(test));
    }

    private static List<Integer> waits(LoweredKernel kernel) {
        List<Integer> waits = new ArrayList<>();
        changed(kernel, s -> {
            if (s instanceof Stmt.Wait(int pending)) {
                waits.add(pending);
            }
            return s;
        });
        return waits;
    }
}
