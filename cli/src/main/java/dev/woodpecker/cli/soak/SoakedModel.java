package dev.woodpecker.cli.soak;

import ai.onnxruntime.OnnxTensor;
import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Session;
import java.util.List;
import java.util.Map;

/** A model in one of the systems that are compared, for several threads. */
public sealed interface SoakedModel {
    /** What one thread runs it in. */
    interface Caller extends AutoCloseable {
        /** Runs it on one of the inputs. */
        Map<String, NdArray> run(int input);

        @Override
        void close();
    }

    int inputs();

    Caller open();

    /** A session for each caller. */
    record Woodpecker(Model model, List<Map<String, NdArray>> arrays) implements SoakedModel {
        public Woodpecker {
            arrays = List.copyOf(arrays);
        }

        @Override
        public int inputs() {
            return arrays.size();
        }

        @Override
        public Caller open() {
            Session session = model.newSession();
            return new Caller() {
                @Override
                public Map<String, NdArray> run(int input) {
                    return session.run(arrays.get(input));
                }

                @Override
                public void close() {
                    session.close();
                }
            };
        }
    }

    /** One session for all: in ONNX Runtime it is the model, and may be run by several threads at once. */
    record OnnxRuntime(OnnxRuntimePeer peer, List<Map<String, OnnxTensor>> tensors) implements SoakedModel {
        public OnnxRuntime {
            tensors = List.copyOf(tensors);
        }

        /** Inputs are made ready, so that a run makes no copies. */
        public static OnnxRuntime of(OnnxRuntimePeer peer, List<Map<String, NdArray>> arrays) {
            return new OnnxRuntime(peer, arrays.stream().map(peer::prepare).toList());
        }

        @Override
        public int inputs() {
            return tensors.size();
        }

        @Override
        public Caller open() {
            return new Caller() {
                @Override
                public Map<String, NdArray> run(int input) {
                    return peer.run(tensors.get(input));
                }

                @Override
                public void close() {
                    // The session is the model's.
                }
            };
        }
    }
}
