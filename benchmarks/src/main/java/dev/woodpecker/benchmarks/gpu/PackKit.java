package dev.woodpecker.benchmarks.gpu;

import com.google.gson.GsonBuilder;
import dev.woodpecker.benchmarks.gpu.Candidate.Argument;
import dev.woodpecker.benchmarks.gpu.Candidate.Phase;
import dev.woodpecker.benchmarks.gpu.Candidate.Role;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.device.emulator.TensorMemory;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Packs the GPU kit: {@code benchmarks/gpu/pack}. */
@Command(
        name = "pack",
        description = {
            "Packs a folder to carry to a machine with a GPU, which needs neither Java nor Maven nor a network: a"
                    + " Java,",
            "the jars, compiled kernels, and a script for PyTorch. Kernels compiled before come from the cache."
        },
        mixinStandardHelpOptions = true)
public final class PackKit implements Callable<Integer> {
    static final String KERNELS = "kernels.zip";
    static final String WORKLOADS = "workloads.json";
    static final String RUN = "run";

    /** What can be carried where 64 MB can, with room for what else travels. */
    static final long MOST_BYTES = 60_000_000;

    private static final Path SOURCES = Path.of("benchmarks", "gpu");
    private static final Path CASES =
            Path.of("runtime", "src", "test", "resources", "dev", "woodpecker", "runtime", "kernel", "cases");

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "A folder, new or empty.")
    private Path output = Path.of("");

    @Option(names = "--root", paramLabel = "DIR", description = "The project's folder. Default: this one.")
    private Path root = Path.of("");

    @Option(
            names = "--architecture",
            description = "The device's: sm_90a (the default), sm_80, ... One kit has code for one.")
    private String architecture = "sm_90a";

    @Option(
            names = "--candidates",
            description = "Of each workload, the default schedule included. Default: ${DEFAULT-VALUE}.")
    private int candidates = 3;

    @Option(
            names = "--drawn",
            description = "Schedules of each workload that the model looks at. Default: ${DEFAULT-VALUE}.")
    private int drawn = 8;

    @Option(names = "--layers", description = "Convolutions of each batch and mode. Default: all.")
    private int layers = Integer.MAX_VALUE;

    @Option(names = "--products", description = "Matrix products of each mode. Default: all.")
    private int products = Integer.MAX_VALUE;

    @Option(names = "--checks", description = "Cases of each of the library's kernels. Default: ${DEFAULT-VALUE}.")
    private int checks = 2;

    @Option(
            names = "--models",
            description = "Of the whole models that a device without a compiler runs, the first so many. Default: all.")
    private int models = Integer.MAX_VALUE;

    @Option(
            names = "--tuned",
            description = "Schedules of each kernel of these models that are tuned on the device, the default schedule"
                    + " included. Default: ${DEFAULT-VALUE}.")
    private int tuned = 5;

    @Option(names = "--jobs", description = "Compilers at a time. Default: the processors.")
    private int jobs = Runtime.getRuntime().availableProcessors();

    @Option(names = "--commit", description = "Of the sources, to be written into the results.")
    private String commit = "";

    @Option(names = "--without-java", description = "Leaves the Java out, for a machine that has one.")
    private boolean withoutJava;

    /** The program of {@code benchmarks/gpu/pack}. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new PackKit()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = command.commandLine().getOut();
        Files.createDirectories(output);
        try (Stream<Path> there = Files.list(output)) {
            if (there.findAny().isPresent()) {
                throw new CommandLine.ParameterException(command.commandLine(), output + " is not empty");
            }
        }
        if (!withoutJava) {
            RuntimeFolder.writeJava(output);
        }
        RuntimeFolder.writeJars(output, System.getProperty("java.class.path"));
        for (String script : List.of(RUN, KitRun.PEERS)) {
            Path copy = output.resolve(script);
            Files.copy(root.resolve(SOURCES).resolve("kit").resolve(script), copy);
            copy.toFile().setExecutable(true);
        }
        CacheDirectory cache = CacheDirectory.open(Environment.ofProcess());
        CudaCompiler compiler = CudaCompiler.discover(Environment.ofProcess(), cache);
        writeKernels(compiler, out);
        Target target = Target.parse("cuda:" + architecture);
        new ModelPacking(compiler, target, new Drafts(target, Math.max(4 * tuned, drawn), tuned), jobs, out)
                .write(output, KitModel.all().stream().limit(models).toList());
        return sizeIsRight(out) ? 0 : 1;
    }

    private void writeKernels(CudaCompiler compiler, PrintWriter out) throws IOException, InterruptedException {
        Target target = Target.parse("cuda:" + architecture);
        List<Workload> workloads = new ArrayList<>(Workloads.convolutions(layers));
        workloads.addAll(Workloads.products(products));
        if (products > 0) {
            workloads.addAll(Workloads.ceilings());
        }
        Files.writeString(
                output.resolve(WORKLOADS),
                new GsonBuilder()
                        .create()
                        .toJson(workloads.stream().map(PeerWorkload::of).toList()));
        List<Drafts.Draft> drafts = drafts(workloads, target, out);
        List<KernelChecks.Draft> cases = new KernelChecks(target, checks).read(root.resolve(CASES));
        List<LoweredKernel> kernels = new ArrayList<>();
        drafts.forEach(draft -> kernels.add(draft.kernel()));
        cases.forEach(draft -> kernels.add(draft.kernel()));
        AtomicInteger done = new AtomicInteger();
        Map<LoweredKernel, CubinBatches.Compiled> compiled = new CubinBatches(compiler, target, jobs)
                .compile(kernels, more -> {
                    int now = done.addAndGet(more);
                    if (now / 100 > (now - more) / 100 || now == kernels.size()) {
                        out.println("compiled " + now + " of " + kernels.size() + " kernels");
                        out.flush();
                    }
                });
        Map<String, byte[]> cubins = new LinkedHashMap<>();
        List<Candidate> packed = new ArrayList<>();
        for (Drafts.Draft draft : drafts) {
            CubinBatches.Compiled file = compiled.get(draft.kernel());
            if (draft.standard() && (file == null || file.spills())) {
                out.println("the default schedule of " + draft.workload()
                        + (file == null ? " does not compile" : " spills: it is carried, as it is what a user gets"));
            }
            if (file != null && (draft.standard() || !file.spills())) {
                cubins.put(file.cubin(), Files.readAllBytes(file.file()));
                packed.add(candidate(draft.workload(), draft.standard(), draft, file.cubin()));
            }
        }
        List<KernelCheck> packedChecks = new ArrayList<>();
        for (KernelChecks.Draft draft : cases) {
            CubinBatches.Compiled file = compiled.get(draft.kernel());
            if (file != null) {
                cubins.put(file.cubin(), Files.readAllBytes(file.file()));
                packedChecks.add(new KernelCheck(
                        draft.name(),
                        launches(draft.kernel().name(), draft.name(), true, Map.of(), 0, file.cubin(), draft.kernel()),
                        draft.tensors(),
                        draft.tolerance()));
            }
        }
        KernelArchive.write(
                output.resolve(KERNELS),
                new KernelArchive.Contents(
                        architecture,
                        commit,
                        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                        workloads.stream().map(Workload::name).toList(),
                        packed,
                        packedChecks),
                cubins);
        out.printf(
                "%d candidates of %d workloads and %d cases; %d kernels spill, %d do not compile%n",
                packed.size(),
                workloads.size(),
                packedChecks.size(),
                compiled.values().stream().filter(CubinBatches.Compiled::spills).count(),
                kernels.size() - compiled.size());
    }

    private List<Drafts.Draft> drafts(List<Workload> workloads, Target target, PrintWriter out)
            throws InterruptedException {
        Drafts maker = new Drafts(target, Math.max(drawn, candidates), candidates);
        AtomicInteger done = new AtomicInteger();
        List<List<Drafts.Draft>> each = new ArrayList<>();
        workloads.forEach(_ -> each.add(List.of()));
        try (var threads = java.util.concurrent.Executors.newFixedThreadPool(jobs)) {
            for (int i = 0; i < workloads.size(); i++) {
                int number = i;
                threads.execute(() -> {
                    try {
                        List<Drafts.Draft> made = maker.of(workloads.get(number), number);
                        synchronized (each) {
                            each.set(number, made);
                        }
                    } catch (RuntimeException impossible) {
                        out.println(workloads.get(number).name() + " is left out: " + impossible.getMessage());
                    }
                    int now = done.incrementAndGet();
                    if (now % 50 == 0 || now == workloads.size()) {
                        out.println("chose schedules for " + now + " of " + workloads.size() + " workloads");
                        out.flush();
                    }
                });
            }
        }
        return each.stream().flatMap(List::stream).toList();
    }

    private static Candidate candidate(String workload, boolean standard, Drafts.Draft draft, String cubin) {
        return launches(
                draft.kernel().name(),
                workload,
                standard,
                draft.decisions(),
                1e6 * draft.seconds(),
                cubin,
                draft.kernel());
    }

    /** All that a launch needs of a lowered kernel. */
    static Candidate launches(
            String id,
            String workload,
            boolean standard,
            Map<String, Long> decisions,
            double modelMicroseconds,
            String cubin,
            LoweredKernel kernel) {
        return new Candidate(
                id,
                workload,
                standard,
                decisions,
                modelMicroseconds,
                cubin,
                kernel.phases().stream()
                        .map(phase -> new Phase(
                                phase.symbol(),
                                Arrays.stream(TensorMemory.extents(
                                                phase.launch().grid()))
                                        .mapToObj(Math::toIntExact)
                                        .toList(),
                                phase.launch().block(),
                                Math.toIntExact(phase.launch().dynamicSharedBytes()),
                                MappedArgument.of(kernel, phase).stream()
                                        .map(MappedArgument::text)
                                        .toList()))
                        .toList(),
                kernel.arguments().stream()
                        .map(argument -> new Argument(
                                argument.buffer().name(),
                                Role.valueOf(argument.role().name()),
                                TensorMemory.bytes(argument.buffer())))
                        .toList());
    }

    private boolean sizeIsRight(PrintWriter out) throws IOException {
        long bytes = 0;
        Map<String, Long> parts = new LinkedHashMap<>();
        try (Stream<Path> files = Files.walk(output)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
                parts.merge(output.relativize(file).getName(0).toString(), Files.size(file), Long::sum);
            }
        }
        parts.forEach((part, size) -> out.printf("%,15d bytes  %s%n", size, part));
        out.printf("%,15d bytes in all; at most %,d%n", bytes, MOST_BYTES);
        if (bytes > MOST_BYTES) {
            out.println("too large to be carried: take fewer --candidates, --layers or --checks");
        }
        return bytes <= MOST_BYTES;
    }
}
