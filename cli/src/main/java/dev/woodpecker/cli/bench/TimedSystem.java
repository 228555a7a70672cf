package dev.woodpecker.cli.bench;

import ai.onnxruntime.OnnxTensor;
import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import java.nio.file.Path;
import java.util.Map;

/** A model in one of the systems that are compared, with its inputs made ready. */
sealed interface TimedSystem extends AutoCloseable {
    /** Which system. */
    enum Kind {
        /** A process of the same classes that loads no model: what a JVM takes by itself. */
        IDLE,
        WOODPECKER,
        ONNXRUNTIME
    }

    /** One run whose outputs nobody reads. */
    void run();

    Map<String, NdArray> outputs();

    /** What it was asked for, in a line. */
    String description();

    @Override
    void close();

    /** Loads a model and runs it once: what follows is the second run. */
    static TimedSystem load(WorkerSettings settings, Map<String, NdArray> inputs) {
        return switch (settings.system()) {
            case IDLE -> new Idle();
            case WOODPECKER -> Woodpecker.load(settings, inputs);
            case ONNXRUNTIME -> OnnxRuntime.load(settings, inputs);
        };
    }

    /** Nothing at all. */
    record Idle() implements TimedSystem {
        @Override
        public void run() {
            // There is no model.
        }

        @Override
        public Map<String, NdArray> outputs() {
            return Map.of();
        }

        @Override
        public String description() {
            return "an idle JVM";
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    /** Its outputs are written to the same arrays in every run. */
    record Woodpecker(
            Model model, Session session, Map<String, NdArray> inputs, Map<String, NdArray> outputs, String description)
            implements TimedSystem {
        static Woodpecker load(WorkerSettings settings, Map<String, NdArray> inputs) {
            Options options = Options.defaults()
                    .withThreads(settings.threads())
                    .withNumerics(settings.numerics())
                    .withVendors(settings.vendors());
            if (!settings.records().isEmpty()) {
                options = options.withRecords(
                        settings.records().stream().map(Path::of).toArray(Path[]::new));
            }
            if (!settings.shippedRecords()) {
                options = options.withoutShippedRecords();
            }
            Model model = Model.load(Path.of(settings.model()), options);
            Session session = model.newSession();
            return new Woodpecker(
                    model,
                    session,
                    inputs,
                    session.run(inputs),
                    "Woodpecker, CPU, " + settings.numerics().text() + ", threads " + settings.threads());
        }

        @Override
        public void run() {
            session.run(inputs, outputs);
        }

        @Override
        public void close() {
            session.close();
            model.close();
        }
    }

    /** Its inputs are tensors that are made once; each run makes new outputs, as its Java binding does. */
    record OnnxRuntime(
            OnnxRuntimePeer peer, Map<String, OnnxTensor> prepared, Map<String, NdArray> outputs, String description)
            implements TimedSystem {
        static OnnxRuntime load(WorkerSettings settings, Map<String, NdArray> inputs) {
            OnnxRuntimePeer peer =
                    OnnxRuntimePeer.open(Path.of(settings.model()), settings.threads(), settings.spinning());
            Map<String, OnnxTensor> prepared = peer.prepare(inputs);
            return new OnnxRuntime(
                    peer,
                    prepared,
                    peer.run(prepared),
                    OnnxRuntimePeer.describe(settings.threads(), settings.spinning()));
        }

        @Override
        public void run() {
            peer.runOnly(prepared);
        }

        @Override
        public void close() {
            peer.close();
        }
    }
}
