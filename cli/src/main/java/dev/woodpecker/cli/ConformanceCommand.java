package dev.woodpecker.cli;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.onnx.ConformanceCase;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wpk conformance}: runs ONNX's own tests. */
@Command(
        name = "conformance",
        description = {
            "Runs test cases as ONNX keeps them: folders with model.onnx and test_data_set_*.",
            "A case that needs an operator, type or attribute that is not supported is skipped and says so."
        },
        mixinStandardHelpOptions = true)
final class ConformanceCommand implements Callable<Integer> {
    /** Cases whose kernels are compiled together. */
    private static final int BATCH = 100;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "Folders of cases, or a case's folder.")
    private List<Path> folders = List.of();

    @Option(names = "--only", paramLabel = "PART", description = "Only cases whose name contains this.")
    private String part = "";

    @Option(names = "--numerics", description = "strict (sums in axis order) or fp32. Default: ${DEFAULT-VALUE}.")
    private Numerics numerics = Numerics.STRICT;

    @Mixin
    private TargetOption target = new TargetOption();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Options options = target.in(Options.defaults().withThreads(1), numerics);
        KernelCompiler compiler = KernelCompiler.of(Environment.ofProcess());
        List<ConformanceCase> cases = new ArrayList<>();
        folders.forEach(folder -> cases.addAll(ConformanceCase.loadAll(folder)));
        cases.removeIf(test -> !test.name().contains(part));
        Map<ConformanceResult.Verdict, Integer> counts = new LinkedHashMap<>();
        for (int start = 0; start < cases.size(); start += BATCH) {
            List<ConformanceCase> batch = cases.subList(start, Math.min(cases.size(), start + BATCH));
            if (options.target().isEmpty()) {
                compileTogether(batch, options, compiler);
            }
            for (ConformanceCase test : batch) {
                ConformanceResult result = ConformanceResult.of(test, options);
                counts.merge(result.verdict(), 1, Integer::sum);
                out.println(result);
            }
        }
        return summary(counts, out);
    }

    private static int summary(Map<ConformanceResult.Verdict, Integer> counts, PrintWriter out) {
        int natively = counts.getOrDefault(ConformanceResult.Verdict.NATIVE, 0);
        int onHost = counts.getOrDefault(ConformanceResult.Verdict.HOST, 0);
        int failed = counts.getOrDefault(ConformanceResult.Verdict.FAIL, 0);
        int skipped = counts.getOrDefault(ConformanceResult.Verdict.SKIP, 0);
        out.println(natively + " ran natively, " + onHost + " on host operators alone");
        out.println(natively + onHost + " passed, " + failed + " failed, " + skipped + " skipped");
        return failed == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    /** Puts the kernels of many cases into the cache in one go; what goes wrong here shows when the case is run. */
    private static void compileTogether(List<ConformanceCase> cases, Options options, KernelCompiler compiler) {
        List<Source> sources = new ArrayList<>();
        cases.forEach(test -> sources.addAll(sources(test, options)));
        try {
            compiler.compile(sources);
        } catch (CompilationException refused) {
            System.getLogger(ConformanceCommand.class.getName())
                    .log(System.Logger.Level.DEBUG, "a kernel does not compile; its case will say so", refused);
        }
    }

    private static List<Source> sources(ConformanceCase test, Options options) {
        List<Source> sources = new ArrayList<>();
        try (Model model = Model.load(test.model(), options)) {
            for (ConformanceCase.DataSet data : test.dataSets()) {
                sources.addAll(
                        model.sources(data.inputs(List.copyOf(model.inputs().keySet()))));
            }
            return sources;
        } catch (RuntimeException shownWhenRun) {
            return sources;
        }
    }
}
