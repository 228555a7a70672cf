package dev.woodpecker.tuner;

import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.tuner.cost.cuda.CudaRanking;
import dev.woodpecker.tuner.cost.cuda.CudaRanking.Result;
import dev.woodpecker.tuner.report.Emission;
import dev.woodpecker.tuner.report.RankingReport;
import dev.woodpecker.tuner.run.Clock;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGeneratorFactory;

/**
 * Tuning for a GPU that is not at hand: a ranking.
 *
 * @param compiled kernels of a task that are compiled, at most
 */
record CudaTuning(double budgetSeconds, int compiled, long seed, int jobs, Optional<Path> emit, boolean json) {
    /** Points that the model looks at; it is quick. */
    private static final int DRAWN = 512;

    /** Each task gets an equal share of the time. */
    int run(List<TuningTask> tasks, Clock clock, PrintWriter out, PrintWriter err) throws IOException {
        CudaCompiler compiler =
                CudaCompiler.discover(Environment.ofProcess(), CacheDirectory.open(Environment.ofProcess()));
        CudaRanking ranking = new CudaRanking(compiler, DRAWN, compiled, jobs);
        AtomicBoolean stopped = new AtomicBoolean();
        List<Result> results = new ArrayList<>();
        try (StopOnShutdown _ = StopOnShutdown.of(() -> stopped.set(true))) {
            for (TuningTask task : tasks) {
                int left = tasks.size() - results.size();
                double until = clock.seconds() + (budgetSeconds - clock.seconds()) / left;
                results.add(ranking.rank(
                        task,
                        RandomGeneratorFactory.of("L64X128MixRandom").create(seed),
                        () -> !stopped.get() && clock.seconds() < until));
                err.printf("%7.1f s  %s: ranked%n", clock.seconds(), task.name());
                err.flush();
            }
            if (json) {
                out.println(RankingReport.json(results));
            } else {
                RankingReport.print(results, out);
            }
            out.flush();
            emit(results, compiler.summary());
        }
        boolean nothing = results.stream().allMatch(result -> result.best().isEmpty());
        return stopped.get() ? TunerMain.STOPPED : nothing ? 1 : 0;
    }

    private void emit(List<Result> results, String compiler) throws IOException {
        if (emit.isEmpty()) {
            return;
        }
        Emission emission = new Emission(emit.get(), compiler);
        for (Result result : results) {
            if (result.best().isPresent()) {
                emission.write(
                        result.task(),
                        result.best().get().point(),
                        RankingReport.figures(result.best().get()));
            }
        }
    }
}
