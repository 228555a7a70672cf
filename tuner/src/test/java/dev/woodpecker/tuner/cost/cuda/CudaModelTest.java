package dev.woodpecker.tuner.cost.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaModelTest {
    private static final Target SM_80 = Target.parse("cuda:sm_80");

    private static KernelResources resources(int registers, long sharedBytes) {
        return new KernelResources("k", registers, sharedBytes, 0, 0, 0);
    }

    /** Values of the CUDA occupancy calculator. */
    @ParameterizedTest
    @CsvSource({
        "cuda:sm_80, 256, 32, 0, 1",
        "cuda:sm_80, 256, 64, 0, 0.5",
        "cuda:sm_80, 256, 255, 0, 0.125",
        "cuda:sm_80, 256, 32, 49152, 0.375",
        "cuda:sm_80, 32, 32, 0, 0.5",
        "cuda:sm_75, 256, 64, 0, 1",
        "cuda:sm_90a, 1024, 64, 0, 0.5"
    })
    void theOccupancyIsTheVendors(String target, int threads, int registers, long shared, double occupancy) {
        assertThat(Multiprocessor.of(Target.parse(target)).occupancy(threads, resources(registers, shared)))
                .isEqualTo(occupancy);
    }

    @Test
    void aBlockThatDoesNotFitIsNeverResident() {
        assertThat(Multiprocessor.of(SM_80).residentBlocks(1024, resources(255, 0)))
                .isZero();
    }

    private static TuningTask product(int size) {
        String extents = size + "x" + size;
        KernelCall call = KernelCall.of(
                KernelIndex.of(CudaModelTest.class.getClassLoader()).find("MatMul"),
                List.of("a=" + extents, "b=" + extents));
        return new TuningTask(
                "product",
                "MatMul",
                List.of(new Variant("direct", call.program())),
                SM_80,
                Numerics.FP32,
                Map.of(),
                Set.of(),
                1,
                false);
    }

    private static LoweredKernel lowered(TuningTask task) {
        var program = task.variants().getFirst().program();
        return Lowering.lower(
                program, DefaultSchedule.of(program, SM_80, Numerics.STRICT, Map.of()), SM_80, Numerics.STRICT);
    }

    @Test
    void theInstructionsOfAProductAreCounted() {
        CudaWork work = CudaWork.of(lowered(product(128)).phases().getLast());
        double multiplyAdds = 128.0 * 128 * 128;
        assertThat(work.instructions()).isBetween(multiplyAdds, 2.2 * multiplyAdds);
        assertThat(work.sectorBytes())
                .as("each output is stored once, each input read")
                .isGreaterThan(3 * 128 * 128 * 4);
    }

    @Test
    void aGreaterProductTakesLonger() {
        CudaModel model = new CudaModel(SM_80);
        double small = model.seconds(product(256).variants().getFirst().program(), lowered(product(256)));
        double large = model.seconds(product(1024).variants().getFirst().program(), lowered(product(1024)));
        assertThat(large).isGreaterThan(2 * small);
    }

    /** Of 256 tiles on 132 multiprocessors, and of 140, of which most have one tile only and wait for the others. */
    @Test
    void tilesInTurnSaveTheWaitForTheFirstBoxesOfLaterOnes() {
        assertThat(hopper(2048, 1)).isBetween(0.9 * hopper(2048, 0), 0.99 * hopper(2048, 0));
        assertThat(hopper(1120, 1)).isBetween(0.9 * hopper(1120, 0), 1.05 * hopper(1120, 0));
    }

    @Test
    void aVectorByAMatrixTakesLittleMoreThanReadingTheMatrix() {
        Target target = Target.parse("cuda:sm_90a");
        TensorProgram program = KernelCall.of(
                        KernelIndex.of(CudaModelTest.class.getClassLoader()).find("MatMul"),
                        List.of("a=1x4096:f16", "b=4096x4096:f16"))
                .program();
        LoweredKernel kernel = Lowering.lower(
                program, DefaultSchedule.of(program, target, Numerics.FP32, Map.of()), target, Numerics.FP32);
        assertThat(kernel.phases()).hasSize(1);
        CudaModel model = new CudaModel(target);
        double reading = 4096 * 4096 * 2 / model.machine().memoryBytesPerSecond();
        assertThat(model.seconds(program, kernel)).isBetween(reading, 1.6 * reading);
    }

    private static double hopper(int columns, long persistent) {
        Target target = Target.parse("cuda:sm_90a");
        TensorProgram program = KernelCall.of(
                        KernelIndex.of(CudaModelTest.class.getClassLoader()).find("MatMul"),
                        List.of("a=4096x512:f16", "b=512x" + columns + ":f16"))
                .program();
        Map<String, Long> wanted =
                Map.of("rings", 1L, "block.rows", 128L, "block.columns", 256L, "stages", 3L, "persistent", persistent);
        SpacePoint point = new ScheduleSpace(program, target, Numerics.FP32, Map.of(), Set.of())
                .point(p -> wanted.getOrDefault(p.name().substring(p.name().indexOf('.') + 1), p.preferred()));
        LoweredKernel kernel = Lowering.lower(program, ((SpacePoint.Scheduled) point).trace(), target, Numerics.FP32);
        return new CudaModel(target).seconds(program, kernel);
    }

    @Test
    void kernelsAreRankedWithoutSpills(@TempDir Path cache) {
        CudaCompiler compiler;
        try {
            compiler = CudaCompiler.discover(
                    Environment.ofProcess(),
                    CacheDirectory.open(new Environment(Map.of("WPK_CACHE", cache.toString()))));
        } catch (ToolchainException none) {
            Assumptions.abort("SKIPPED: " + none.getMessage());
            return;
        }
        CudaRanking.Result result = new CudaRanking(compiler, 24, 3, 1).rank(product(64), new Random(1), () -> true);
        assertThat(result.standard()).isPresent();
        assertThat(result.ranking()).isNotEmpty().noneMatch(CudaRanking.Ranked::spills);
        assertThat(result.ranking()).isSortedAccordingTo(Comparator.comparingDouble(CudaRanking.Ranked::modelSeconds));
        assertThat(result.best().orElseThrow().resources())
                .allSatisfy(used -> assertThat(used.registers()).isPositive());
    }
}
