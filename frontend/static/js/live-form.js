// live-form
