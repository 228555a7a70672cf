package dev.woodpecker.tuner.cost.cuda;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Ranks a task's schedules for a GPU that is not at hand: many by the model alone, then the most promising once more with
 * the registers and the shared memory that the PTX compiler gives them. Kernels that spill are out. Nothing is timed.
 *
 * @param drawn points that are looked at by the model
 * @param compiled of them, at most
 * @param jobs compiled at a time
 */
public record CudaRanking(CudaCompiler compiler, int drawn, int compiled, int jobs) {
    /**
     * A compiled point.
     *
     * @param modelSeconds by arithmetic, to compare with others of the task, and with nothing else
     * @param resources of each phase
     * @param occupancy of each phase: the share of a multiprocessor's threads that are resident
     */
    public record Ranked(Point point, double modelSeconds, List<KernelResources> resources, List<Double> occupancy) {
        public Ranked {
            resources = List.copyOf(resources);
            occupancy = List.copyOf(occupancy);
        }

        public boolean spills() {
            return resources.stream().anyMatch(KernelResources::spills);
        }
    }

    /**
     * What has become of a task.
     *
     * @param standard the default schedule, if it compiles
     * @param ranking kernels without spills, the best first; all others were worse than any of them
     * @param looked points that the model has seen
     * @param spilling kernels that were compiled and are out since they spill
     */
    public record Result(
            TuningTask task,
            Optional<Ranked> standard,
            List<Ranked> ranking,
            int looked,
            int spilling,
            Map<Failure, Integer> failures) {
        public Result {
            ranking = List.copyOf(ranking);
            failures = java.util.Collections.unmodifiableMap(new TreeMap<>(failures));
        }

        /** The default where nothing is better. */
        public Optional<Ranked> best() {
            return ranking.stream().findFirst().or(() -> standard);
        }
    }

    private record Lowered(Point point, LoweredKernel kernel, double seconds) {}

    /**
     * Ranks the task.
     *
     * @param goOn asked before each batch of compilations
     */
    public Result rank(TuningTask task, RandomGenerator random, BooleanSupplier goOn) {
        CudaModel model = new CudaModel(task.target());
        Map<Failure, Integer> failures = new EnumMap<>(Failure.class);
        SearchSpace space = SearchSpace.of(task);
        Point standard = space.point(Chooser.preferred());
        List<Lowered> lowered = new ArrayList<>();
        Set<List<?>> seen = new HashSet<>();
        int looked = 0;
        for (int i = 0; i < drawn && (i == 0 || goOn.getAsBoolean()); i++) {
            Point point = i == 0
                    ? standard
                    : space.point(choice ->
                            choice.domain().get(random.nextInt(choice.domain().size())));
            if (seen.add(List.of(point.variant().name(), point.decisionsByName()))) {
                looked++;
                lower(task, point, model, failures).ifPresent(lowered::add);
            }
        }
        List<Lowered> promising = lowered.stream()
                .sorted(Comparator.comparingInt((Lowered l) -> l.point() == standard ? 0 : 1)
                        .thenComparingDouble(Lowered::seconds))
                .limit(compiled)
                .toList();
        List<Ranked> ranked = compile(task, promising, model, failures, goOn);
        return new Result(
                task,
                ranked.stream().filter(r -> r.point() == standard).findFirst(),
                ranked.stream()
                        .filter(r -> !r.spills())
                        .sorted(Comparator.comparingDouble(Ranked::modelSeconds))
                        .toList(),
                looked,
                (int) ranked.stream().filter(Ranked::spills).count(),
                failures);
    }

    private static Optional<Lowered> lower(
            TuningTask task, Point point, CudaModel model, Map<Failure, Integer> failures) {
        if (point.result() instanceof SpacePoint.Scheduled scheduled) {
            try {
                LoweredKernel kernel =
                        Lowering.lower(point.variant().program(), scheduled.trace(), task.target(), task.numerics());
                return Optional.of(
                        new Lowered(point, kernel, model.seconds(point.variant().program(), kernel)));
            } catch (LoweringException misfit) {
                failures.merge(Failure.REJECTED, 1, Integer::sum);
                return Optional.empty();
            }
        }
        failures.merge(Failure.REJECTED, 1, Integer::sum);
        return Optional.empty();
    }

    private List<Ranked> compile(
            TuningTask task,
            List<Lowered> promising,
            CudaModel model,
            Map<Failure, Integer> failures,
            BooleanSupplier goOn) {
        List<Ranked> ranked = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(jobs)) {
            for (int from = 0; from < promising.size() && (from == 0 || goOn.getAsBoolean()); from += jobs) {
                List<Future<Optional<Ranked>>> batch =
                        promising.subList(from, Math.min(from + jobs, promising.size())).stream()
                                .map(candidate -> threads.submit(() -> compile(task, candidate, model)))
                                .toList();
                for (Future<Optional<Ranked>> result : batch) {
                    result.get().ifPresentOrElse(ranked::add, () -> failures.merge(Failure.COMPILE, 1, Integer::sum));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        }
        return ranked;
    }

    private Optional<Ranked> compile(TuningTask task, Lowered candidate, CudaModel model) {
        LoweredKernel kernel = candidate.kernel();
        Arithmetic arithmetic = kernel.numerics() == Numerics.STRICT ? Arithmetic.STRICT : Arithmetic.CONTRACTED;
        Cubin cubin;
        try {
            cubin = compiler.compile(
                    new CudaSource(kernel.name(), CPrinter.print(kernel, Dialect.CUDA), arithmetic),
                    CudaArchitecture.parse(task.target().architecture()));
        } catch (CompilationException refused) {
            return Optional.empty();
        }
        Map<String, KernelResources> resources = new TreeMap<>();
        List<Double> occupancy = new ArrayList<>();
        for (LoweredKernel.Phase phase : kernel.phases()) {
            KernelResources used = cubin.resources(phase);
            resources.put(phase.symbol(), used);
            occupancy.add(model.machine().occupancy(CudaModel.threads(phase), used));
        }
        double seconds = model.seconds(candidate.point().variant().program(), kernel, resources);
        return Optional.of(new Ranked(
                candidate.point(),
                seconds,
                kernel.phases().stream().map(phase -> cubin.resources(phase)).toList(),
                occupancy));
    }
}
