package dev.woodpecker.runtime;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The model that a service runs now, and may replace while it runs. New sessions are of the new model from one moment to the
 * next; sessions of the old one go on with it until they are closed, and the last of them frees it.
 *
 * {@snippet :
 * var serving = new SwappableModel(Model.load(first, Options.defaults()));
 * try (Session session = serving.newSession()) { // in every request, or kept by a worker for some time
 *     session.run(inputs);
 * }
 * Model next = Model.load(second, Options.defaults());
 * next.warmUp(shapes);
 * serving.swap(next).join(); // when the first model's last session is closed
 * }
 */
public final class SwappableModel implements AutoCloseable {
    private final AtomicReference<Model> current;

    /**
     * @param first it and its successors are closed by this object
     */
    public SwappableModel(Model first) {
        current = new AtomicReference<>(first);
    }

    /** The model that new sessions are of. */
    public Model current() {
        return current.get();
    }

    /**
     * A session of the current model.
     *
     * @throws IllegalStateException when this is closed
     */
    public Session newSession() {
        while (true) {
            Model model = current.get();
            try {
                return model.newSession();
            } catch (IllegalStateException closed) {
                if (current.get() == model) {
                    throw closed;
                }
                // It was swapped between the two steps: the next one serves.
            }
        }
    }

    /** One run in a session of its own, which makes its memory anew: for rare or large runs. */
    public Map<String, NdArray> run(Map<String, NdArray> inputs) {
        try (Session session = newSession()) {
            return session.run(inputs);
        }
    }

    /**
     * Lets new sessions be of {@code next}, and the present model be freed when its last session is closed.
     *
     * @return done when it was freed
     */
    public CompletableFuture<Void> swap(Model next) {
        Model old = current.getAndSet(next);
        if (old == next) {
            throw new IllegalArgumentException("the model " + next.name() + " is the current one already");
        }
        old.close();
        return old.freed().copy();
    }

    /** Takes no new sessions; the model is freed with its last session. */
    @Override
    public void close() {
        current.get().close();
    }
}
