package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.kernel.Setting.Tensors;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * In fp32, sums are formed in any order and tensors lie in blocks: results stay within the bound that the numerics mode
 * states, in every layout that a kernel may be given.
 */
@Execution(ExecutionMode.CONCURRENT)
class FastNumericsTest {
    private static final String WIDEST = "cpu:x86-64-v4";

    private static final Arena ARENA = Arena.ofShared();
    private static final WorkerPool POOL = new WorkerPool(2);

    @AfterAll
    static void close() {
        POOL.close();
        ARENA.close();
    }

    @TestFactory
    Stream<DynamicNode> sumsInAnyOrderStayWithinTheirBound() {
        return tests(WIDEST, List.of(Tensors.PREFERRED), FastNumericsTest::sums);
    }

    @TestFactory
    Stream<DynamicNode> contractionsTakeTheirTensorsInAnyLayout() {
        return tests(WIDEST, List.of(Tensors.ROW_MAJOR, Tensors.PARTLY_PREFERRED), FastNumericsTest::prefersLayouts);
    }

    @TestFactory
    Stream<DynamicNode> blocksFollowTheWidthOfVectors() {
        return tests("cpu:x86-64-v3", List.of(Tensors.PREFERRED), FastNumericsTest::prefersLayouts);
    }

    @TestFactory
    Stream<DynamicNode> everyKernelTakesBlocksOfChannels() {
        return tests(
                WIDEST,
                List.of(Tensors.BLOCKED),
                program ->
                        !Setting.fast(WIDEST, Tensors.BLOCKED).layouts(program).isEmpty());
    }

    private interface Choice {
        boolean takes(TensorProgram program);
    }

    private static Stream<DynamicNode> tests(String target, List<Tensors> layouts, Choice choice) {
        List<CompiledCase.Wanted> wanted = new ArrayList<>();
        KernelTable.cases()
                .values()
                .forEach(cases -> cases.stream()
                        .filter(c -> choice.takes(c.program()))
                        .forEach(c ->
                                layouts.forEach(l -> wanted.add(new CompiledCase.Wanted(c, Setting.fast(target, l))))));
        return CompiledCases.tests(wanted, ARENA, FastNumericsTest::check);
    }

    private static boolean sums(TensorProgram program) {
        return program.stages().stream()
                .anyMatch(s ->
                        s.reduction().isPresent() && s.reduction().get().type().isFloat());
    }

    private static boolean prefersLayouts(TensorProgram program) {
        return !Setting.fast(WIDEST, Tensors.PREFERRED).layouts(program).isEmpty();
    }

    private static void check(CompiledCase.Ready ready) {
        Agreement agreement = Agreement.of(ready);
        Closeness closeness = agreement.expected().closenessOfSums(ready.kernelCase());
        agreement.lowered(ready.lowered(), closeness);
        agreement.compiled(ready, POOL, agreement.expected().results(), closeness);
    }
}
