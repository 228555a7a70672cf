package dev.woodpecker.runtime;

import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.RunnablePlan;
import dev.woodpecker.runtime.plan.kernel.KernelLog;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.session.GraphRunner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Supplier;

/** Collects a session's times; with {@code WPK_DEBUG=1} a line is logged for every kernel that has run. */
final class ProfileRecorder implements GraphRunner.Observer {
    private final KernelLog log;
    /** The machine's peak, measured only if lines are printed. */
    private final OptionalDouble peak;

    private final Map<Object, Times> times = new IdentityHashMap<>();
    private final List<Times> inOrder = new ArrayList<>();
    private final Set<RunnablePlan> plans = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Profile.Event> timeline = new ArrayList<>();
    private long runs;

    ProfileRecorder(Model model) {
        this.log = model.log();
        this.peak = log.showsRuns() ? model.peakGigaflopsPerSecond() : OptionalDouble.empty();
    }

    /** What is known of one kernel; the last calls decide its median. */
    private static final class Times {
        private static final int KEPT = 64;

        private final String name;
        private final String operator;
        private final String shapes;
        private final String implementation;
        private final boolean isNative;
        private final Cost cost;
        private final Optional<Profile.Kernel.RunnerUp> runnerUp;
        private final long[] last = new long[KEPT];
        private long calls;
        private long total;

        Times(
                String name,
                String operator,
                String shapes,
                String implementation,
                boolean isNative,
                Cost cost,
                Optional<Profile.Kernel.RunnerUp> runnerUp) {
            this.runnerUp = runnerUp;
            this.isNative = isNative;
            this.name = name;
            this.operator = operator;
            this.shapes = shapes;
            this.implementation = implementation;
            this.cost = cost;
        }

        void add(long nanoseconds) {
            last[(int) (calls++ % KEPT)] = nanoseconds;
            total += nanoseconds;
        }

        Profile.Kernel kernel() {
            long[] sorted = Arrays.copyOf(last, (int) Math.min(calls, KEPT));
            Arrays.sort(sorted);
            double median = sorted.length == 0 ? 0 : sorted[sorted.length / 2] * 1e-9;
            return new Profile.Kernel(
                    name,
                    operator,
                    shapes,
                    implementation,
                    isNative,
                    calls,
                    median,
                    total * 1e-9,
                    cost.flops(),
                    cost.multiplyAdds(),
                    runnerUp);
        }
    }

    void ranModel(long startNanoseconds, long nanoseconds) {
        runs++;
        remember("run " + runs, Profile.RUN, startNanoseconds, nanoseconds);
    }

    @Override
    public void ran(Invocation what, long startNanoseconds, long nanoseconds) {
        remember(what.name(), what.operator(), startNanoseconds, nanoseconds);
        add(
                what,
                nanoseconds,
                () -> new Times(
                        what.name(),
                        what.operator(),
                        what.shapes(),
                        what.implementation(),
                        true,
                        what.cost(),
                        what.comparison()
                                .map(c -> new Profile.Kernel.RunnerUp(c.other(), c.otherSeconds(), c.seconds()))));
    }

    @Override
    public void starts(RunnablePlan plan) {
        plans.add(plan);
    }

    @Override
    public void ranOnHost(Node node, long startNanoseconds, long nanoseconds) {
        remember(node.name(), node.operator().toString(), startNanoseconds, nanoseconds);
        add(
                node,
                nanoseconds,
                () -> new Times(
                        node.name(),
                        node.operator().toString(),
                        "on the host",
                        "Java",
                        false,
                        Cost.NONE,
                        Optional.empty()));
    }

    private void remember(String name, String operator, long startNanoseconds, long nanoseconds) {
        if (timeline.size() < Profile.MOST_EVENTS) {
            timeline.add(new Profile.Event(
                    name, operator, Thread.currentThread().threadId(), startNanoseconds, nanoseconds));
        }
    }

    private void add(Object what, long nanoseconds, Supplier<Times> first) {
        Times known = times.get(what);
        if (known == null) {
            known = first.get();
            times.put(what, known);
            inOrder.add(known);
        }
        known.add(nanoseconds);
        print(known, nanoseconds);
    }

    private void print(Times times, long nanoseconds) {
        if (log.showsRuns()) {
            double seconds = nanoseconds * 1e-9;
            Profile.Kernel kernel = new Profile.Kernel(
                    times.name,
                    times.operator,
                    times.shapes,
                    times.implementation,
                    times.isNative,
                    1,
                    seconds,
                    seconds,
                    times.cost.flops(),
                    times.cost.multiplyAdds(),
                    times.runnerUp);
            String share = peak.isEmpty()
                    ? ""
                    : String.format(Locale.ROOT, "%5.1f %% ", 100 * kernel.gigaflopsPerSecond() / peak.getAsDouble());
            log.run(share + kernel);
        }
    }

    Profile profile() {
        List<Profile.Kernel> kernels = new ArrayList<>();
        inOrder.forEach(known -> kernels.add(known.kernel()));
        return new Profile(
                runs,
                kernels,
                plans.stream().mapToInt(RunnablePlan::constantKernels).sum(),
                plans.stream().mapToLong(RunnablePlan::arenaBytes).max().orElse(0),
                timeline);
    }
}
