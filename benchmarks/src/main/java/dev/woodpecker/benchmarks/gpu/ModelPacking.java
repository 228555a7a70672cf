package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.benchmarks.gpu.ModelArchive.Elements;
import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.PaperModel;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.TunableModel;
import dev.woodpecker.runtime.device.cuda.CarriedCubins;
import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.toolchain.CarriedLibraries;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.measure.DeviceMeasurer;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compiles what whole models need on a device that is not here: their kernels by default, and schedules to choose from.
 *
 * @param drafts of each kernel; none where only the defaults are carried
 * @param jobs compilers that run at a time
 */
record ModelPacking(CudaCompiler compiler, Target target, Drafts drafts, int jobs, PrintWriter out) {
    private static final int ZOO_SEED = 1;

    /** What a model asks for: by text, so that what models share is compiled once. */
    private record Wanted(
            Set<CudaSource> sources, Set<Source> ofProcessor, Map<String, List<ModelArchive.Candidates>> candidates) {}

    void write(Path kit, List<KitModel> models) throws IOException, InterruptedException {
        Wanted wanted = new Wanted(new LinkedHashSet<>(), new LinkedHashSet<>(), new LinkedHashMap<>());
        Map<String, List<Elements>> statistics = new LinkedHashMap<>();
        Map<String, List<Elements>> results = new LinkedHashMap<>();
        Path folder = Files.createTempDirectory("woodpecker-kit-models");
        try {
            for (KitModel model : models) {
                Path file = folder.resolve(model.network() + ".onnx");
                if (!Files.exists(file)) {
                    List<Elements> found = new ArrayList<>();
                    model.write(zoo(found), file);
                    statistics.put(model.network(), found);
                    results.put(model.network(), results(file));
                }
                collect(model, file, wanted);
                out.println("chose schedules for " + model.name());
                out.flush();
            }
        } finally {
            RuntimeFolder.deleteAll(folder);
        }
        CarriedLibraries.write(
                kit.resolve(ModelArchive.LIBRARIES), processor().compile(List.copyOf(wanted.ofProcessor())));
        out.println(wanted.ofProcessor().size() + " kernels by which a processor prepares weights");
        out.flush();
        Map<CudaSource, Cubin> cubins = compiled(wanted.sources());
        CarriedCubins.write(kit.resolve(ModelArchive.CUBINS), cubins);
        ModelArchive.write(
                kit, new ModelArchive.Contents(target.architecture(), statistics, results, wanted.candidates()));
        out.printf(
                "%d kernels of %d models; %d do not compile%n",
                cubins.size(), models.size(), wanted.sources().size() - cubins.size());
    }

    private static KernelCompiler processor() {
        return KernelCompiler.of(Environment.ofProcess()).portable();
    }

    private static Zoo zoo(List<Elements> found) {
        return new Zoo(ZOO_SEED, 1, (file, inputs) -> {
            try (Model model = Model.load(file, Options.defaults());
                    Session session = model.newSession()) {
                Map<String, NdArray> outputs = session.run(inputs);
                found.addAll(ModelArchive.statistics(outputs));
                return outputs;
            }
        });
    }

    /** What a model's outputs are to be, computed on this processor. */
    static List<Elements> results(Path file) {
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            return session.run(ModelStep.inputs(model)).entrySet().stream()
                    .map(output -> Elements.of(output.getKey(), output.getValue()))
                    .toList();
        }
    }

    private void collect(KitModel model, Path file, Wanted wanted) {
        try (Model paper = PaperModel.load(file, model.options(), target)) {
            Map<String, NdArray> inputs = TunableModel.inputs(paper, model.options());
            for (Source source : paper.sources(inputs)) {
                wanted.sources().add(cudaSource(source));
            }
            wanted.ofProcessor().addAll(PaperModel.constantSources(paper, inputs));
            CpuFeatures processor = processor().cpu();
            List<ModelArchive.Candidates> candidates = new ArrayList<>();
            for (TuningTask task : TuningTask.of(paper.tunable(inputs), target, true)) {
                wanted.ofProcessor().addAll(DeviceMeasurer.preparations(task, processor));
                List<Map<String, Long>> decisions = new ArrayList<>();
                for (Drafts.Draft draft : drafts.of(task, task.name().hashCode())) {
                    wanted.sources().add(draft.source());
                    decisions.add(draft.decisions());
                }
                candidates.add(new ModelArchive.Candidates(task.name(), decisions));
            }
            wanted.candidates().put(model.name(), candidates);
        }
    }

    private static CudaSource cudaSource(Source source) {
        return new CudaSource(source.name(), source.text(), source.options().arithmetic());
    }

    /** Those that compile. One that spills is carried too: it may be a default, and the tuner runs none. */
    private Map<CudaSource, Cubin> compiled(Set<CudaSource> sources) throws InterruptedException {
        CudaArchitecture architecture = CudaArchitecture.parse(target.architecture());
        Map<CudaSource, Cubin> compiled = new ConcurrentHashMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(jobs)) {
            List<Future<?>> all = new ArrayList<>();
            for (CudaSource source : sources) {
                all.add(threads.submit(
                        () -> compiled(source, architecture).ifPresent(cubin -> compiled.put(source, cubin))));
            }
            for (int i = 0; i < all.size(); i++) {
                all.get(i).get();
                if ((i + 1) % 50 == 0 || i + 1 == all.size()) {
                    out.println("compiled " + (i + 1) + " of " + all.size() + " kernels of models");
                    out.flush();
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        Map<CudaSource, Cubin> inOrder = new LinkedHashMap<>();
        sources.forEach(
                source -> Optional.ofNullable(compiled.get(source)).ifPresent(cubin -> inOrder.put(source, cubin)));
        return inOrder;
    }

    private Optional<Cubin> compiled(CudaSource source, CudaArchitecture architecture) {
        try {
            return Optional.of(compiler.compile(source, architecture));
        } catch (CompilationException refused) {
            return Optional.empty();
        }
    }
}
