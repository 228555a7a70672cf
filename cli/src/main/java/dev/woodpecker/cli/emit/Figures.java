package dev.woodpecker.cli.emit;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import dev.woodpecker.tuner.cost.cuda.CudaModel;
import dev.woodpecker.tuner.cost.cuda.Multiprocessor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What is known about a kernel's source without running it: its work, and on CUDA what it takes of a multiprocessor. */
public final class Figures {
    private Figures() {}

    /** One line each. On CUDA the source is compiled, which takes seconds when the cache does not have it. */
    public static List<String> of(KernelSource source, Environment environment) {
        List<String> lines = new ArrayList<>();
        lines.add(work(source));
        if (source.lowered().target().isCuda()) {
            lines.addAll(resources(source, environment));
        }
        return lines;
    }

    private static String work(KernelSource source) {
        Cost cost = Cost.of(source.program());
        LoweredKernel kernel = source.lowered();
        return "%s for %s, %s: %s, %s of inputs and outputs%s"
                .formatted(
                        kernel.name(),
                        kernel.target().name(),
                        kernel.numerics().text(),
                        quantity(cost.flops(), "FLOP"),
                        quantity(cost.bytes(), "B"),
                        cost.bytes() == 0
                                ? ""
                                : String.format(
                                        Locale.ROOT, ", %.1f FLOP a byte", (double) cost.flops() / cost.bytes()));
    }

    private static List<String> resources(KernelSource source, Environment environment) {
        LoweredKernel kernel = source.lowered();
        Arithmetic arithmetic = kernel.numerics() == Numerics.STRICT ? Arithmetic.STRICT : Arithmetic.CONTRACTED;
        try {
            Cubin cubin = CudaCompiler.discover(environment, CacheDirectory.open(environment))
                    .compile(
                            new CudaSource(kernel.name(), source.text(), arithmetic),
                            CudaArchitecture.parse(kernel.target().architecture()));
            List<String> lines = new ArrayList<>();
            kernel.phases().forEach(phase -> lines.add(resources(kernel, phase, cubin.resources(phase))));
            lines.add(predicted(source, cubin));
            return lines;
        } catch (ToolchainException absent) {
            return List.of("registers and shared memory are not known: " + absent.getMessage());
        } catch (CompilationException failed) {
            return String.valueOf(failed.getMessage()).lines().toList();
        }
    }

    /** What the model expects; nothing is run. */
    private static String predicted(KernelSource source, Cubin cubin) {
        LoweredKernel kernel = source.lowered();
        CudaModel model = new CudaModel(kernel.target());
        Map<String, KernelResources> resources = new HashMap<>();
        kernel.phases().forEach(phase -> resources.put(phase.symbol(), cubin.resources(phase)));
        double seconds = model.seconds(source.program(), kernel, resources);
        double share = Cost.of(source.program()).flops() / 2.0 / seconds / model.peak(kernel);
        return String.format(
                Locale.ROOT,
                "predicted, not measured: %.1f us, %.0f %% of the peak of the units that it computes on",
                seconds * 1e6,
                share * 100);
    }

    private static String resources(LoweredKernel kernel, LoweredKernel.Phase phase, KernelResources resources) {
        String grid = phase.launch().grid().stream()
                .map(extent -> String.valueOf(IndexMath.constant(extent).orElse(0)))
                .collect(Collectors.joining("x"));
        String block = phase.launch().block().stream().map(String::valueOf).collect(Collectors.joining("x"));
        double occupancy = Multiprocessor.of(kernel.target()).occupancy(CudaModel.threads(phase), resources);
        return "%s: %s blocks of %s threads, %d registers a thread, %s, %s shared a block%s, occupancy %.0f %%"
                .formatted(
                        phase.symbol(),
                        grid,
                        block,
                        resources.registers(),
                        resources.spills()
                                ? "spills of " + resources.spillStoreBytes() + " B stored and "
                                        + resources.spillLoadBytes() + " B loaded"
                                : "no spills",
                        quantity(resources.sharedBytes(), "B"),
                        phase.launch().dynamicSharedBytes() > 0
                                ? " (" + phase.launch().dynamicSharedBytes() + " given at launch)"
                                : "",
                        occupancy * 100);
    }

    /** {@code 231.2 MFLOP}: at most three digits before the point. */
    private static String quantity(long value, String unit) {
        String[] prefixes = {"", "k", "M", "G", "T", "P"};
        int prefix = 0;
        double shown = (double) value;
        while (shown >= 1000 && prefix < prefixes.length - 1) {
            shown /= 1000;
            prefix++;
        }
        return String.format(Locale.ROOT, prefix == 0 ? "%.0f %s%s" : "%.1f %s%s", shown, prefixes[prefix], unit);
    }
}
