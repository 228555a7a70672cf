package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.emit.HostCompiler;
import dev.woodpecker.compiler.emit.NativeRun;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The C printed for a kernel, compiled, computes what the program does; warnings are errors. */
class CompiledKernelTest {
    private static final double TOLERANCE = 1e-5;

    @ParameterizedTest(name = "{0}, {1}, preferred layouts {2}")
    @CsvSource({
        "cpu:x86-64-v4, FP32, true",
        "cpu:x86-64-v3, STRICT, false",
        "cpu:x86-64-v2, FP32, false",
    })
    void compiledKernelsComputeWhatTheirProgramsDo(
            String targetName, Numerics numerics, boolean preferred, @TempDir Path directory) throws Exception {
        HostCompiler compiler = new HostCompiler(directory);
        Target target = Target.parse(targetName);
        List<TensorProgram> programs = new ArrayList<>();
        List<LoweredKernel> kernels = new ArrayList<>();
        for (DefaultScheduleMeaningTest.Kernel k :
                DefaultScheduleMeaningTest.kernels().values()) {
            TensorProgram program = Specializer.specialize(k.spec(), k.binding());
            Map<String, LayoutMap> layouts =
                    preferred ? DefaultSchedule.preferredLayouts(program, target, numerics) : Map.of();
            LoweredKernel kernel =
                    Lowering.lower(program, DefaultSchedule.of(program, target, numerics, layouts), target, numerics);
            programs.add(program);
            kernels.add(withSymbols(kernel, "k" + kernels.size() + "_"));
        }
        String contract = numerics == Numerics.STRICT ? "-ffp-contract=off" : "-ffp-contract=fast";
        Path library = compiler.compile(
                CPrinter.print(kernels, Dialect.C), "-O2", "-march=" + target.architecture(), contract);
        List<String> names = List.copyOf(DefaultScheduleMeaningTest.kernels().keySet());
        for (int i = 0; i < kernels.size(); i++) {
            Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(programs.get(i));
            Map<String, HostTensor> expected = Interpreter.run(programs.get(i), inputs);
            NativeRun.Result result = NativeRun.run(library, kernels.get(i), inputs);
            String name = names.get(i);
            assertThat(result.status()).as(name).isZero();
            expected.forEach(
                    (output, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(output)))
                            .as("greatest relative difference of %s of %s", output, name)
                            .isLessThanOrEqualTo(TOLERANCE));
        }
    }

    private static LoweredKernel withSymbols(LoweredKernel kernel, String prefix) {
        List<LoweredKernel.Phase> phases = kernel.phases().stream()
                .map(p -> new LoweredKernel.Phase(
                        prefix + p.symbol(), p.extent(), p.scratchBytes(), p.launch(), p.body()))
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
}
